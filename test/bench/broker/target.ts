/** What subscribers of Hearth listen to: JSON events, or plain lines. */
export type Hear = 'events' | 'lines'

export interface Login {
  readonly clientId: string
  readonly user: string | undefined
  readonly password: string | undefined
}

export interface ChannelTopics {
  readonly publish: string
  readonly subscribe: string
}

/** A broker under test, in a process of its own, pinned to a core. */
export interface Target extends AsyncDisposable {
  readonly name: TargetName
  readonly pid: number
  readonly port: number
  /** At least so many clients may be connected at a time, and so many channels exist; bounded in time. */
  prepare(need: { readonly logins: number; readonly channels: number }): Promise<void>
  logins(count: number): readonly Login[]
  channel(index: number, hear: Hear): ChannelTopics
}

export type TargetName = 'Mosquitto' | 'Hearth'

export interface TargetInit {
  readonly core: number | undefined
  /** Free to write to; removed by the caller. */
  readonly folder: string
}

/** The command line that pins what follows. */
export const pinned = (core: number | undefined): readonly string[] =>
  core === undefined ? [] : ['taskset', '-c', String(core)]

/** Debian keeps daemons in /usr/sbin, which is not in everybody's PATH. */
export const withSystemPrograms = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${process.env['PATH'] ?? ''}:/usr/sbin`,
})
