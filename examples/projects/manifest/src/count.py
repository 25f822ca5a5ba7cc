def main(args):
    return {"letters": len(args.get("greeting", ""))}
