#--param lines 2
from verses import verse


def main(args):
    print("writing", args["lines"], "lines")
    return {"poem": [verse(number) for number in range(int(args["lines"]))]}
