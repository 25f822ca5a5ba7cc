"""Runs a Python action behind the actionloop protocol.

Arguments: name of the function, folder of the action, file of its code there. Each call is a line of JSON on standard input, each result one on
descriptor 3; the first line there says whether the action was loaded. Works with Python 3.7 and later.
"""

import importlib.machinery
import importlib.util
import json
import os
import sys
import traceback

PREFIX = "__OW_"
HINT = (
    " (requirements.txt is not installed when an action starts: put the packages into the archive,"
    " at its root or in a folder virtualenv)"
)


def take_channels():
    """Moves the two channels to descriptors that the action and its child processes do not get to see."""
    calls = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(3), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.close(3)
    return calls, replies


def use_virtualenv(folder):
    root = os.path.join(folder, "virtualenv")
    if not os.path.isdir(root):
        return
    activate = os.path.join(root, "bin", "activate_this.py")
    if os.path.isfile(activate):
        with open(activate, "rb") as file:
            exec(compile(file.read(), activate, "exec"), {"__file__": activate, "__name__": "__main__"})
        return
    import glob
    import site

    found = glob.glob(os.path.join(glob.escape(root), "lib", "python3*", "site-packages"))
    if not found:
        raise LookupError("Invalid virtualenv. Zip file does not include 'activate_this.py'.")
    before = list(sys.path)
    for packages in found:
        site.addsitedir(packages)
    added = [path for path in sys.path if path not in before]
    sys.path[:] = before[:1] + added + before[1:]


def load(name, folder, file):
    own = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder] + [path for path in sys.path if path != own]
    use_virtualenv(folder)
    path = os.path.join(folder, file)
    sys.argv = [path]
    # The name of the file need not end like that of a module.
    loader = importlib.machinery.SourceFileLoader("main__", path)
    spec = importlib.util.spec_from_file_location("main__", path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["main__"] = module
    spec.loader.exec_module(module)
    main = getattr(module, name, None)
    if not callable(main):
        raise LookupError("The action has no function '%s'." % name)
    return main


def why_not_loaded(error, folder):
    text = str(error) if isinstance(error, LookupError) and error.args else traceback.format_exception_only(
        type(error), error
    )[-1].strip()
    missing = isinstance(error, ModuleNotFoundError) and os.path.exists(os.path.join(folder, "requirements.txt"))
    return "The action did not initialize properly. " + text + (HINT if missing else "")


class CallEnvironment:
    """Sets the metadata of a call as __OW_*; what the next call does not bring, above all an API key, is put back."""

    def __init__(self):
        self.before = {}

    def apply(self, call):
        values = {PREFIX + key.upper(): text for key, text in call.items() if key != "value" and isinstance(text, str)}
        for name in [name for name in self.before if name not in values]:
            self.put(name, self.before.pop(name))
        for name, text in values.items():
            self.before.setdefault(name, os.environ.get(name))
            self.put(name, text)

    @staticmethod
    def put(name, text):
        try:
            if text is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = text
        except ValueError:
            # No environment holds a NUL character, nor half of a surrogate pair.
            os.environ.pop(name, None)


def encode(result):
    try:
        return json.dumps(result, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        # Half of a surrogate pair has no place in UTF-8, but has one in JSON.
        return json.dumps(result, allow_nan=False).encode("ascii")


def answer(main, call):
    try:
        result = main(call.get("value", {}))
        try:
            return encode(result)
        except RecursionError:
            # What is no dictionary is refused, which is an error of the developer like any result too deep.
            traceback.print_exc(limit=1)
            return encode("a result that is nested too deep")
    except Exception as error:
        traceback.print_exc()
        return encode({"error": str(error)})


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            # The action replaced or closed it.
            pass


def say(replies, data):
    flush()
    replies.write(data + b"\n")
    replies.flush()


def main(name, folder, file):
    calls, replies = take_channels()
    sys.stdout.reconfigure(line_buffering=True)
    try:
        action = load(name, folder, file)
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        say(replies, encode({"ok": False, "error": why_not_loaded(error, folder)}))
        sys.exit(1)
    say(replies, b'{"ok":true}')
    environment = CallEnvironment()
    for line in calls:
        call = json.loads(line)
        environment.apply(call)
        say(replies, answer(action, call))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
