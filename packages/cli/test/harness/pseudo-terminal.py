"""Runs a program on a terminal of its own. Standard input: JSON; standard output: what the terminal showed, and the exit code, as JSON."""

import fcntl, json, os, pty, re, select, struct, sys, termios, time

job = json.load(sys.stdin)
pid, terminal = pty.fork()
if pid == 0:
    os.chdir(job["cwd"])
    os.execvpe(job["argv"][0], job["argv"], job["environment"])

fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", job["rows"], job["columns"], 0, 0))
steps = list(job["steps"])
shown = ""
end = time.monotonic() + job["seconds"]
while time.monotonic() < end:
    ready, _, _ = select.select([terminal], [], [], 0.2)
    if ready:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part.decode("utf-8", "replace")
    while steps and re.search(steps[0]["when"], shown):
        os.write(terminal, steps.pop(0)["type"].encode())
else:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
json.dump({"shown": shown, "code": os.waitstatus_to_exitcode(status), "missed": [step["when"] for step in steps]}, sys.stdout)
