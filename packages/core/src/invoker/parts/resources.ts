/** What a container takes of its host. */
export interface Resources {
  readonly memoryMb: number
  /** Thousandths of a core, so that sums stay exact; 0 when the action names no share. */
  readonly milliCpu: number
}

export const NO_RESOURCES: Resources = { memoryMb: 0, milliCpu: 0 }

export function covers(have: Resources, need: Resources): boolean {
  return have.memoryMb >= need.memoryMb && have.milliCpu >= need.milliCpu
}

export function plus(a: Resources, b: Resources): Resources {
  return { memoryMb: a.memoryMb + b.memoryMb, milliCpu: a.milliCpu + b.milliCpu }
}

export function minus(a: Resources, b: Resources): Resources {
  return { memoryMb: a.memoryMb - b.memoryMb, milliCpu: a.milliCpu - b.milliCpu }
}

/** Something is still missing. */
export function isPositive({ memoryMb, milliCpu }: Resources): boolean {
  return memoryMb > 0 || milliCpu > 0
}
