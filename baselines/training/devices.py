"""Which devices train: `--devices one|all|N` share the rows of each batch, `--model_parallel N` of them the weights of one copy."""

from baselines.errors import InputError
from baselines.task import Recipe
from baselines.training import backends


def spread(recipe: Recipe) -> str:
    """Place everything that is built from now on onto the recipe's devices.

    Returns:
        A line about the devices for the user, or "".

    Raises:
        InputError: There are fewer devices, or they do not divide a batch or the model.
    """
    backend = backends.devices()
    names, hosts = backend.available(), backend.host()[1]
    count = {"one": 1, "all": len(names)}.get(recipe.devices) or int(recipe.devices)
    if count > len(names):
        raise InputError(f"--devices {count}: this machine has fewer. Choose at most {len(names)}: {', '.join(names)}.")
    if hosts > 1 and count < len(names):
        raise InputError(f"--devices {recipe.devices}: a run on {hosts} hosts needs all devices. Set --devices all.")
    copies, rest = divmod(count, recipe.model_parallel)
    if rest:
        raise InputError(
            f"--model_parallel: {recipe.model_parallel} does not divide the {count} devices of --devices. Choose a divisor."
        )
    if recipe.batch_size < copies:
        raise InputError(f"--batch_size: {recipe.batch_size} gives some devices no row. Set it to {copies} or more.")
    backend.spread(names[:count], recipe.model_parallel)
    if count == 1:
        return f"one device: {names[0]}" if recipe.devices != "one" else ""
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
    """Whether this process writes the files."""
    return backends.devices().host()[0] == 0
