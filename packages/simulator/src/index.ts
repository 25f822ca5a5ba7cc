export { simulate, type SimulationOptions, type SimulationReport } from './simulate.ts'
