export { alarms } from './alarms.ts'
export { alarmsOptions, type AlarmsOptions } from './alarms-options.ts'
