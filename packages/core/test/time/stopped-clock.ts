import { VirtualClock } from '../../src/time/virtual-clock.ts'

/** Time passes on it while nothing is done, as when a process is stopped. */
export class StoppedClock extends VirtualClock {
  stoodStillMs = 0

  override monotonic(): number {
    return super.monotonic() + this.stoodStillMs
  }
}
