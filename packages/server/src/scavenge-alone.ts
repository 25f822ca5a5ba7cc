import { setFlagsFromString } from 'node:v8'

/**
 * Has the thread that makes garbage collect what is young by itself. Nearly all of it is dead, a millisecond's work: to wake
 * four helpers for that costs their processors more than it spares this one. To be called when everything is loaded, as
 * `compileSooner`.
 */
export function scavengeAlone(): void {
  setFlagsFromString('--no-parallel-scavenge')
}
