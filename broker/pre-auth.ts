import { limits } from '../spec/limits.ts'

/** A connection that has not logged in. */
export interface PreAuthConnection {
  readonly address: string
  /** Its CONNECT has arrived. */
  readonly hasSpoken: boolean
  /** Ends it: it had its chance. */
  evict(): void
}

/** An honest client sends CONNECT at once: so long it is not counted against its address. */
const graceMs = 250

/**
 * Keeps an address at `preAuthPerAddressMax` connections that have not logged in (threat 11): past it
 * the oldest silent one goes, so that half-open ones never keep an honest client out.
 */
export class PreAuth {
  private readonly byAddress = new Map<string, Set<PreAuthConnection>>()
  private readonly max: number
  private readonly trims = new Map<string, NodeJS.Timeout>()

  constructor(max: number = limits.preAuthPerAddressMax) {
    this.max = max
  }

  add(connection: PreAuthConnection): void {
    const { address } = connection
    const waiting = this.byAddress.get(address)
    if (!waiting) {
      this.byAddress.set(address, new Set([connection]))
      return
    }
    waiting.add(connection)
    if (waiting.size <= this.max || this.trims.has(address)) return
    const timer = setTimeout(() => {
      this.trims.delete(address)
      this.trim(waiting)
    }, graceMs)
    this.trims.set(address, timer.unref())
  }

  /** It has logged in, or gone. */
  remove(connection: PreAuthConnection): void {
    const waiting = this.byAddress.get(connection.address)
    if (waiting?.delete(connection) && waiting.size === 0) this.byAddress.delete(connection.address)
  }

  private trim(waiting: Set<PreAuthConnection>): void {
    for (const connection of waiting) {
      if (waiting.size <= this.max) return
      if (!connection.hasSpoken) connection.evict()
    }
  }
}
