/** Two servers of one kind that federate over loopback, and the people on them. */
export type PairName = 'Prosody' | 'ejabberd' | 'Hearth'

/** Somebody who is connected to a server, and talks in one conversation or room. */
export interface Person {
  send(text: string): void
  /** Of what was sent, how many messages the own server has acknowledged; undefined: it acknowledges nothing. */
  acknowledged(): number | undefined
  /** Messages heard so far. */
  readonly heard: number
  /** Called with every message that is heard; set only where texts matter, since finding them costs the generator time. */
  set onHeard(listener: ((text: string) => void) | undefined)
  close(): void
}

/** Somebody near talks, somebody far listens. */
export interface Conversation {
  readonly near: Person
  readonly far: Person
  /**
   * The far person comes back after the far server did: is given what waited and what comes from now on, each text at
   * least once, however often that needs asking.
   */
  readonly back: (heard: (text: string) => void) => Promise<Disposable>
}

export interface Room extends Conversation {
  readonly everybody: readonly Person[]
  /** Who talks: one on each side. */
  readonly speakers: readonly Person[]
}

export interface Pair extends AsyncDisposable {
  readonly name: PairName
  /** What it is and how it is set up, in one line. */
  readonly about: string
  pids(): { readonly near: number; readonly far: number }
  dms(count: number): Promise<readonly Conversation[]>
  room(membersPerSide: number): Promise<Room>
  /** SIGKILL of the far server. */
  killFar(): Promise<void>
  /** Starts it again on the same data; resolves when it takes logins. */
  restartFar(): Promise<void>
}

export interface PairInit {
  /** Free to write to; removed by the caller. */
  readonly folder: string
  /** Members on one side of the largest room. */
  readonly membersPerSide: number
}
