"""Which devices train: `--devices one|all|N` share the rows of each batch, `--model_parallel N` of them the weights of one copy."""

from baselines.errors import InputError
from baselines.task import Recipe
from baselines.training import backends


def spread(recipe: Recipe) -> str:
    """Lets what is built from now on compute on the recipe's devices. Returns what there is to tell about it, or "".

    Raises InputError for more devices than there are, or that a batch or the copies of the model do not fill.
    """
    backend = backends.devices()
    found, hosts = backend.available(), backend.host()[1]
    count = {"one": 1, "all": len(found)}.get(recipe.devices) or int(recipe.devices)
    if count > len(found):
        raise InputError(f"--devices: {count} are more than this machine has. Choose at most {len(found)}: {', '.join(found)}.")
    if hosts > 1 and count < len(found):
        raise InputError(f"--devices {recipe.devices}: a run on {hosts} hosts needs all devices. Set --devices all.")
    copies, rest = divmod(count, recipe.model_parallel)
    if rest:
        raise InputError(
            f"--model_parallel: {recipe.model_parallel} does not divide the {count} devices of --devices. Choose a divisor."
        )
    if recipe.batch_size < copies:
        raise InputError(f"--batch_size: {recipe.batch_size} is less than a row for each device. Set it to {copies} or more.")
    backend.spread(found[:count], recipe.model_parallel)
    if count == 1:
        return f"one device: {found[0]}" if recipe.devices != "one" else ""
    copied = f", {copies} copies of the model" if recipe.model_parallel > 1 else ""
    return f"{count} devices on {hosts} host{'s' * (hosts > 1)}{copied}: {-(-recipe.batch_size // copies)} rows of a batch on each"


def available() -> list[str]:
    """The names of the devices that the backend sees."""
    return backends.devices().available()


def shares() -> int:
    """How many equal parts the rows of a batch are cut into."""
    return backends.devices().shares()


def join_hosts() -> None:
    """Joins the other hosts of a run if the environment names any; before anything is computed."""
    backends.devices().join_hosts()


def is_first_host() -> bool:
    """Whether this process is the one whose files are kept."""
    return backends.devices().host()[0] == 0
