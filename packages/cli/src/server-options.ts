import { Option, type Command } from 'commander'

/** Flags that say where the server is. */
export function serverOptions(command: Command): Command {
  return command
    .option('--apihost <url>', 'where the server is (default: WHISK_APIHOST, ~/.wskprops, or a server that runs here)')
    .option('-u, --auth <key>', 'UUID:KEY (default: WHISK_AUTH, ~/.wskprops, or that of a server that runs here)')
    .option('-i, --insecure', 'take the certificate of the server as it is')
    .addOption(new Option('--data <folder>', 'the server that has this data folder'))
}
