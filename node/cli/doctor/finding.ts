import type { Status } from '../../admin/components.ts'
import type { Config } from '../../config/settings.ts'
import type { Layout } from '../../data-folder/layout.ts'

/** `damage`: stored data does not verify. `fault`: something does not work. `warning`: it will not for long. */
export type Level = 'ok' | 'warning' | 'fault' | 'damage'

export interface DoctorFinding {
  readonly check: string
  readonly level: Level
  /** What is so. */
  readonly what: string
  readonly why?: string
  readonly fix?: string
}

/** What the checks look at. */
export interface Patient {
  readonly config: Config
  readonly layout: Layout
  /** Undefined: no node runs. */
  readonly status: Status | undefined
  /** Does the data folder exist? Before the first start it need not. */
  readonly hasData: boolean
  readonly now: number
}

export const ok = (check: string, what: string): DoctorFinding => ({ check, level: 'ok', what })
