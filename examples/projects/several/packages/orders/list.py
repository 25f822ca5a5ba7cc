def main(args):
    return {"orders": [], "currency": args["currency"]}
