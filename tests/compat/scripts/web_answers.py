#! -*- coding: utf-8 -*-
# graph mode. A function behind a URL; the package bottle is stood in for, so that no port is opened.

import sys
import json
import types

folder, result_path = sys.argv[1:3]
bottle = types.ModuleType('bottle')
bottle.routes, bottle.started = {}, []
bottle.route = lambda path, method: lambda function: bottle.routes.setdefault((path, method), function)
bottle.run = lambda **options: bottle.started.append(options)


class Fields(dict):
    def getunicode(self, name):
        return self.get(name)


sys.modules['bottle'] = bottle

from bert4keras.snippets import WebServing


def similar(text, n=2):
    return [text + str(i) for i in range(n)]


web = WebServing(port=8864, server='wsgiref')
web.route('/similar', similar, {'text': (None, True), 'n': (int, False)})
web.route('/posted', similar, {'text': (None, True), 'n': (int, False)}, method='POST')
web.start()
answers = []
for path, method, fields in [('/similar', 'GET', {'text': u'你好', 'n': '1'}), ('/similar', 'GET', {'n': '1'}), ('/posted', 'POST', {'text': 'a'})]:
    bottle.request = types.SimpleNamespace(GET=Fields(), POST=Fields())
    getattr(bottle.request, method).update(fields)
    answers.append(json.loads(bottle.routes[(path, method)]()))
json.dump({'answers': answers, 'started': bottle.started}, open(result_path, 'w'))
