/**
 * One connected peer: what it holds as far as we know, and what it is still to be told. Nothing is queued as bytes but one
 * batch of frames; the rest is sets of what is due, so a slow peer costs no more memory than a fast one.
 */
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, FeedId, NodeId, ServerId } from '../../spec/ids.ts'
import type { ServersFrame } from '../../spec/sync/frames.ts'
import type { Whisper } from './components.ts'
import type { FrameStream, Peer, Timers } from '../components.ts'

/** What the peer holds of a feed. */
export interface Known {
  /** Where it begins, by its own word (VECTOR, HAVE); undefined: not known. */
  floor: number | undefined
  /** Synced to its disk, by its own word. */
  head: number
  /** Pushed up to here; at least `head`. */
  sent: number
  /** It refused the feed: nothing more is pushed until its vector comes. */
  stalled: boolean
}

/** What is due to the peer: of each thing, the latest. */
export interface Due {
  summary: boolean
  servers: boolean
  readonly channels: Set<ServerId>
  /** With the question for the peer's own. */
  readonly vectors: Map<ChannelId, { ask: boolean }>
  readonly acks: Map<FeedId, number>
  readonly nacks: Map<FeedId, { readonly head: number; readonly code: string; readonly detail: string }>
  readonly grafts: Map<ServerId, boolean>
  readonly forks: Set<FeedId>
  readonly pushes: Set<FeedId>
  readonly haves: Set<FeedId>
}

export interface Session {
  readonly peer: Peer
  readonly node: NodeId
  readonly known: Map<FeedId, Known>
  /** Channels of which the peer has said all that it holds: what is not in `known` is not there. */
  readonly seen: Set<ChannelId>
  readonly due: Due
  /** Servers of which it wants everything pushed (SYNC-14). */
  readonly grafted: Map<ServerId, boolean>
  /** What we asked of it. */
  readonly asked: Map<ServerId, boolean>
  /** Nodes whose certificates went out on `ctl`. */
  readonly introduced: Set<NodeId>
  /** Feeds of which it has the proof that they fork. */
  readonly told: Set<FeedId>
  /** When a vector or a list went out last, against what; so that asking costs the asker more than us (SYNC-15). */
  readonly answered: Map<string, { readonly atMs: number; readonly times: number; readonly digest: string }>
  /** Lists and vectors that wait until they may go out again. */
  readonly putOff: Set<string>
  /** When it was last asked for older events, by channel. */
  readonly historyAskedMs: Map<ChannelId, number>
  /** Not written yet, by kind and key (SYNC-16). */
  readonly whispers: Map<string, { readonly whisper: Whisper; readonly settle: (isWritten: boolean) => void }>
  /** Its last list of what we share (SERVERS). */
  listed: ServersFrame | undefined
  /** What it was to be told of, when it was last told. */
  sharedChannels: ReadonlySet<ChannelId>
  /** Since when we know of something that we lack of it, by server; nothing: in step. */
  readonly behindSinceMs: Map<ServerId, number>
  lastError: string | undefined
  closed: boolean
  /** Something is due. */
  wake(): void
  /** Something is due that may wait for more of its kind. */
  wakeWithin(ms: number): void
  close(): void
}

export interface SessionParts {
  readonly timers: Timers
  /** The next frames for this peer, about one batch; none: nothing is due. */
  readonly nextFrames: (session: Session) => Promise<readonly Uint8Array[]>
  readonly onFrames: (session: Session, frames: readonly Uint8Array[]) => Promise<void>
  readonly onClosed: (session: Session) => void
}

export const createSession = (peer: Peer, parts: SessionParts): Session => {
  let scheduled = false
  let pumping = false
  let again = false
  let cancelLater: (() => void) | undefined

  const pump = async (): Promise<void> => {
    pumping = true
    try {
      do {
        again = false
        for (;;) {
          if (session.closed) return
          const frames = await parts.nextFrames(session)
          if (frames.length === 0 || session.closed) break
          await peer.ctl.write(frames)
        }
      } while (again)
    } catch (error) {
      session.lastError = reasonOf(error)
      await peer.connection.close().catch(() => undefined)
      session.close()
    } finally {
      pumping = false
    }
  }

  const read = async (): Promise<void> => {
    try {
      for (;;) {
        const frames = await peer.ctl.read()
        if (frames === undefined || session.closed) return
        await parts.onFrames(session, frames)
      }
    } catch (error) {
      session.lastError = reasonOf(error)
      await peer.connection.close().catch(() => undefined)
    } finally {
      session.close()
    }
  }

  const session: Session = {
    peer,
    node: peer.nodeId,
    known: new Map(),
    seen: new Set(),
    due: {
      summary: true,
      servers: false,
      channels: new Set(),
      vectors: new Map(),
      acks: new Map(),
      nacks: new Map(),
      grafts: new Map(),
      forks: new Set(),
      pushes: new Set(),
      haves: new Set(),
    },
    grafted: new Map(),
    asked: new Map(),
    introduced: new Set(),
    told: new Set(),
    answered: new Map(),
    putOff: new Set(),
    historyAskedMs: new Map(),
    whispers: new Map(),
    listed: undefined,
    sharedChannels: new Set(),
    behindSinceMs: new Map(),
    lastError: undefined,
    closed: false,
    wake() {
      again = true
      if (scheduled || pumping || session.closed) return
      scheduled = true
      parts.timers.soon(() => {
        scheduled = false
        if (!pumping) void pump()
      })
    },
    wakeWithin(ms) {
      cancelLater ??= parts.timers.after(ms, () => {
        cancelLater = undefined
        session.wake()
      })
    },
    close() {
      if (session.closed) return
      session.closed = true
      cancelLater?.()
      parts.onClosed(session)
    },
  }
  void peer.closed.then(() => session.close())
  void read()
  session.wake()
  return session
}

/** Takes no more of the peer than it can use while the frames are worked on. */
export const readAll = async (
  stream: FrameStream,
  take: (frame: Uint8Array) => Promise<void> | void,
): Promise<void> => {
  for (;;) {
    const frames = await stream.read()
    if (frames === undefined) return
    for (const frame of frames) await take(frame)
  }
}

export const reasonOf = (error: unknown): string =>
  error instanceof HearthError ? `${error.code}: ${error.message}` : String(error)
