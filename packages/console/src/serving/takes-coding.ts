/** Whether a client that says so takes a body in the coding by its name; one that forbids it gives it a quality of 0. */
export function takesCoding(acceptEncoding: string, name: string): boolean {
  return acceptEncoding.split(',').some((one) => {
    const [coding = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase())
    return coding === name && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
  })
}
