import { packetId, type Mark } from './mqtt/frames.ts'

/** What a client still owes for a message: nothing, PUBACK, PUBREC or PUBCOMP. */
export const owes = { nothing: 0, puback: 1, pubrec: 2, pubcomp: 3 } as const

/** A message that a client was sent and has not acknowledged; all that is kept of it while the client is away. */
export interface Unacknowledged extends Mark {
  readonly owed: number
}

/** Acknowledged messages behind an unacknowledged one take up room too: this many windows of it. */
const windowsKept = 4

/** What a client has been sent and has not acknowledged, in the order of sending, at most a window (MQTT 5 §4.9). */
export class InFlight {
  /** Receive Maximum. */
  private readonly window: number
  private count = 0
  /** A ring whose size is a power of two. */
  private marks: (Mark | undefined)[] = []
  private owed: number[] = []
  private head = 0
  private used = 0

  constructor(window: number) {
    this.window = window
  }

  get isFull(): boolean {
    return this.count >= this.window || this.used >= this.window * windowsKept
  }

  get size(): number {
    return this.count
  }

  /** False when the packet id is still in use at this client: the frame needs another one. */
  add(mark: Mark, owed: number): boolean {
    if (this.used > 0) {
      const oldest = this.marks[this.head]!
      if (mark.serial - oldest.serial >= 65_535 && this.find(packetId(mark.serial)) >= 0) return false
    }
    if (this.used === this.marks.length) this.grow()
    const at = (this.head + this.used++) & (this.marks.length - 1)
    this.marks[at] = mark
    this.owed[at] = owed
    this.count++
    return true
  }

  /** PUBACK or PUBCOMP, whichever is `expected`. False for an id that owes something else. */
  acknowledge(id: number, expected: number): boolean {
    const at = this.find(id)
    if (at < 0 || this.owed[at] !== expected) return false
    this.owed[at] = owes.nothing
    this.count--
    while (this.used > 0 && this.owed[this.head] === owes.nothing) {
      this.marks[this.head] = undefined
      this.head = (this.head + 1) & (this.marks.length - 1)
      this.used--
    }
    return true
  }

  /** PUBREC: the message has arrived and its PUBCOMP is awaited. False for an id that owes no PUBREC. */
  received(id: number): boolean {
    const at = this.find(id)
    if (at < 0) return false
    if (this.owed[at] === owes.puback) return false
    this.owed[at] = owes.pubcomp
    return true
  }

  /** Oldest first. */
  unacknowledged(): Unacknowledged[] {
    const found: Unacknowledged[] = []
    for (let n = 0; n < this.used; n++) {
      const at = (this.head + n) & (this.marks.length - 1)
      const owed = this.owed[at]!
      if (owed === owes.nothing) continue
      const { serial, topic, position } = this.marks[at]!
      found.push({ serial, topic, position, owed })
    }
    return found
  }

  private find(id: number): number {
    const mask = this.marks.length - 1
    for (let n = 0; n < this.used; n++) {
      const at = (this.head + n) & mask
      if (this.owed[at] !== owes.nothing && packetId(this.marks[at]!.serial) === id) return at
    }
    return -1
  }

  private grow(): void {
    const size = Math.max(16, this.marks.length * 2)
    const marks = Array.from<Mark | undefined>({ length: size })
    const owed = Array.from<number>({ length: size }).fill(owes.nothing)
    for (let n = 0; n < this.used; n++) {
      const at = (this.head + n) & (this.marks.length - 1)
      marks[n] = this.marks[at]
      owed[n] = this.owed[at]!
    }
    this.marks = marks
    this.owed = owed
    this.head = 0
  }
}
