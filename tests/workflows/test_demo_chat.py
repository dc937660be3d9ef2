"""The demo of `chat` and `serve` finds its task by what it declares."""

from baselines.workflows.demo_chat import dialogue_task


def test_the_task_is_the_one_that_answers_dialogues_and_has_embedded_data():
    name, task = dialogue_task()
    assert name == "chat" and task.generation.dialogue and task.demo.checkpoint == "mini_unilm"
