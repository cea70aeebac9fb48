import type { Frame } from './mqtt/frames.ts'

/**
 * The frames that a client gets in this turn, as the last link of a chain. Clients that get the
 * same frames hold the same link, so that their bytes are joined once for all of them.
 */
export class Run {
  readonly bytesTotal: number
  private readonly before: Run | undefined
  private readonly frame: Frame | undefined
  private joined: Buffer | undefined
  private joinedWebSocket: Buffer | undefined
  private next: Run | undefined

  constructor(before?: Run, frame?: Frame) {
    this.before = before
    this.frame = frame
    this.bytesTotal = before && frame ? before.bytesTotal + frame.bytes.length : 0
  }

  append(frame: Frame): Run {
    if (this.next !== undefined && this.next.frame === frame) return this.next
    return (this.next = new Run(this, frame))
  }

  bytes(): Buffer {
    return (this.joined ??= this.before!.frame === undefined ? this.frame!.bytes : this.join())
  }

  webSocketBytes(): Buffer {
    return (this.joinedWebSocket ??= webSocketMessage(this.bytes()))
  }

  private join(): Buffer {
    const bytes = Buffer.allocUnsafe(this.bytesTotal)
    let end = this.bytesTotal
    bytes.set(this.frame!.bytes, (end -= this.frame!.bytes.length))
    for (let run = this.before!; run.frame !== undefined; run = run.before!) {
      bytes.set(run.frame.bytes, (end -= run.frame.bytes.length))
    }
    return bytes
  }
}

/** Something with output to write at the end of the turn. */
export interface Flushable {
  flush(): void
}

/** Collects who has output, and writes all of it, one write per socket, when the event loop's turn ends. */
export class Turn {
  /** Where every run of this turn begins. */
  root = new Run()
  private waiting: Flushable[] = []
  private isScheduled = false
  private readonly run = (): void => this.flush()

  add(flushable: Flushable): void {
    this.waiting.push(flushable)
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(this.run)
  }

  flush(): void {
    const waiting = this.waiting
    this.waiting = []
    this.isScheduled = false
    this.root = new Run()
    for (const flushable of waiting) flushable.flush()
  }
}

/** One unmasked binary message (RFC 6455 §5.2) holding any number of MQTT packets (MQTT 5 §6). */
export function webSocketMessage(payload: Buffer): Buffer {
  const size = payload.length
  const headBytes = size < 126 ? 2 : size < 65_536 ? 4 : 10
  const message = Buffer.allocUnsafe(headBytes + size)
  message[0] = 0x82
  if (headBytes === 2) message[1] = size
  else if (headBytes === 4) {
    message[1] = 126
    message.writeUInt16BE(size, 2)
  } else {
    message[1] = 127
    message.writeBigUInt64BE(BigInt(size), 2)
  }
  message.set(payload, headBytes)
  return message
}
