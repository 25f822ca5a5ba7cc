export interface ExpiredRecord {
  readonly id: string
  readonly revision: string
}
