/** A server that listens on every address is reached, from this machine, on the loopback one. */
export function reachableUrl(listening: string): string {
  return listening.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}
