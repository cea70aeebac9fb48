/** SYNC-7: a server that was joined can be read once the newest events of each channel are here; history comes after. */
import type { ChannelId, NodeId, ServerId } from '../../spec/ids.ts'
import type { Timers } from '../components.ts'
import type { Scope } from './scope.ts'
import type { Session } from './session.ts'

/** Channels of which the newest are here, and all that the peer shares with us. */
export interface NewestProgress {
  readonly done: number
  readonly total: number
}

export interface Newest {
  /** True: they are here, as far as `from` has them. False: it took longer than `forMs`, or sync has stopped. */
  readonly wait: (
    server: ServerId,
    from: NodeId,
    init: { readonly forMs: number; readonly onProgress?: (progress: NewestProgress) => void },
  ) => Promise<boolean>
  /** Something came, or was learnt. */
  changed(): void
  stop(): void
}

export const createNewest = (parts: {
  readonly scope: Scope
  readonly sessions: ReadonlyMap<NodeId, Session>
  readonly timers: Timers
  /** Channels of which newer events are missing than are here, that this peer has. */
  readonly behindIn: (session: Session) => ReadonlySet<ChannelId>
}): Newest => {
  const { scope, sessions, timers } = parts
  const waiting = new Set<{ look(): void; end(isHere: boolean): void }>()

  const progressOf = (server: ServerId, from: NodeId, isAsked: boolean): NewestProgress | undefined => {
    const session = sessions.get(from)
    const served = scope.servers().find((one) => one.server === server)
    if (session === undefined || served === undefined) return undefined
    const channels = served.channels.filter((channel) => scope.isShared(from, channel))
    const behind = parts.behindIn(session)
    // Of a private channel that is not for us the peer says nothing, however often it is asked (SYNC-2).
    const done = channels.filter((channel) => (isAsked || session.seen.has(channel)) && !behind.has(channel)).length
    return { done, total: channels.length }
  }

  /** SYNC-5: of a channel in which the two differ in nothing, as of an empty one, nothing comes unasked. */
  const askFor = (server: ServerId, from: NodeId): void => {
    const session = sessions.get(from)
    for (const channel of scope.servers().find((one) => one.server === server)?.channels ?? []) {
      if (session === undefined || session.seen.has(channel) || !scope.isShared(from, channel)) continue
      session.due.vectors.set(channel, { ask: true })
      session.wake()
    }
  }

  return {
    wait: (server, from, { forMs, onProgress }) =>
      new Promise((resolve) => {
        let last = -1
        let isAsked = false
        const one = {
          look(): void {
            const progress = progressOf(server, from, isAsked)
            if (progress === undefined) return
            if (progress.done > last) onProgress?.(progress)
            last = Math.max(last, progress.done)
            if (progress.done === progress.total) one.end(true)
          },
          end(isHere: boolean): void {
            if (!waiting.delete(one)) return
            cancel()
            cancelAsking()
            resolve(isHere)
          },
        }
        waiting.add(one)
        const cancel = timers.after(forMs, () => one.end(false))
        let cancelAsking = timers.after(askAfterMs, () => {
          askFor(server, from)
          cancelAsking = timers.after(answerMs, () => {
            isAsked = true
            one.look()
          })
        })
        // Which channels there are is asked anew: the governance has only just come.
        scope.forget()
        timers.soon(() => one.look())
      }),
    changed() {
      for (const one of waiting) one.look()
    },
    stop() {
      for (const one of waiting) one.end(false)
    },
  }
}

/** What comes by itself is here by then, mostly. */
const askAfterMs = 50
/** Who has not answered by then has nothing for us. */
const answerMs = 1_000
