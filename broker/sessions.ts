import { limits } from '../spec/limits.ts'
import type { Clock, Logger, SessionStore, StoredSession } from './components.ts'
import { Session, type Subscription } from './session.ts'

const writeDelayMs = 1_000

export interface SessionsParts {
  readonly store: SessionStore
  readonly clock: Clock
  readonly logger: Logger
  /** Last position that was announced. */
  readonly position: () => number
}

/** All sessions, connected ones and stored ones, by session key; writes the persistent ones down lazily. */
export class Sessions<P> {
  private readonly parts: SessionsParts
  private readonly all = new Map<string, Session<P>>()
  private readonly dirty = new Set<Session<P>>()
  private timer: NodeJS.Timeout | undefined

  constructor(parts: SessionsParts) {
    this.parts = parts
  }

  get size(): number {
    return this.all.size
  }

  values(): Iterable<Session<P>> {
    return this.all.values()
  }

  get(key: string): Session<P> | undefined {
    return this.all.get(key)
  }

  async load(): Promise<void> {
    for (const stored of await this.parts.store.load()) {
      if (stored.expiresAt <= this.parts.clock.now()) await this.parts.store.delete(stored.sessionKey)
      else this.all.set(stored.sessionKey, restore(stored))
    }
  }

  /** The session that a CONNECT asks for; a clean start, or an expired one, leaves nothing of the earlier one. */
  open(key: string, init: { readonly isCleanStart: boolean }): { session: Session<P>; isPresent: boolean } {
    const earlier = this.all.get(key)
    if (earlier && !init.isCleanStart && earlier.expiresAtMs > this.parts.clock.now()) {
      return { session: earlier, isPresent: true }
    }
    if (earlier) this.forget(earlier)
    const session = new Session<P>(key, this.parts.position())
    this.all.set(key, session)
    return { session, isPresent: false }
  }

  /** Its connection has gone, and it stays for so many seconds. */
  park(session: Session<P>, expirySeconds: number): void {
    if (expirySeconds === 0) {
      this.forget(session)
      return
    }
    session.expirySeconds = Math.min(expirySeconds, limits.sessionExpirySeconds)
    session.expiresAtMs = this.parts.clock.now() + session.expirySeconds * 1_000
    this.touch(session)
    void this.write()
  }

  forget(session: Session<P>): void {
    this.dirty.delete(session)
    if (this.all.get(session.key) === session) this.all.delete(session.key)
    if (session.isPersistent) this.run(this.parts.store.delete(session.key))
    session.expirySeconds = 0
  }

  /** Sessions whose time is over; called now and then. */
  expire(): void {
    const nowMs = this.parts.clock.now()
    for (const session of this.all.values()) if (session.expiresAtMs <= nowMs) this.forget(session)
  }

  /** Moves the stored expiry of the connected sessions on; called well before the shortest one would pass. */
  renew(): void {
    for (const session of this.all.values()) if (session.link) this.touch(session)
  }

  /** Its cursor has moved: written within a second. */
  touch(session: Session<P>): void {
    if (!session.isPersistent) return
    this.dirty.add(session)
    this.timer ??= setTimeout(() => void this.write(), writeDelayMs).unref()
  }

  /** Its subscriptions have changed: written before they are acknowledged. */
  async save(session: Session<P>): Promise<void> {
    if (!session.isPersistent) return
    this.dirty.delete(session)
    await this.parts.store.put(this.stored(session))
  }

  /** Writes all that changed. */
  async write(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    const dirty = [...this.dirty]
    this.dirty.clear()
    for (const session of dirty) if (session.link) session.note(this.parts.position())
    try {
      await Promise.all(dirty.map(async (session) => this.parts.store.put(this.stored(session))))
    } catch (error) {
      this.parts.logger.error({ event: 'session-write-failed', error }, 'sessions could not be written')
    }
  }

  private stored(session: Session<P>): StoredSession {
    const expiresAt = session.link ? this.parts.clock.now() + session.expirySeconds * 1_000 : session.expiresAtMs
    return session.stored(this.parts.position(), expiresAt)
  }

  private run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.parts.logger.error({ event: 'session-write-failed', error }, 'a session could not be written')
    })
  }
}

function restore<P>(stored: StoredSession): Session<P> {
  const session = new Session<P>(stored.sessionKey, stored.cursor)
  session.expirySeconds = limits.sessionExpirySeconds
  session.expiresAtMs = stored.expiresAt
  for (const held of stored.subscriptions) {
    const subscription: Subscription<P> = {
      session,
      filter: held.filter,
      qos: held.qos,
      id: held.subscriptionId,
      noLocal: held.noLocal ?? false,
      retainAsPublished: held.retainAsPublished ?? false,
      retainHandling: held.retainHandling ?? 0,
      since: held.since ?? 0,
    }
    session.subscriptions.set(held.filter, subscription)
  }
  return session
}
