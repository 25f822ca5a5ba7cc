/** The version of this core, which adapters state a range for. Written here, as a bundle has no package.json. */
export const CORE_VERSION = '0.1.0'
