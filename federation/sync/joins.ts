/** SYNC-17: a server that this node does not have yet: its governance first, from the node that let us in. */
import { HearthError } from '../../spec/errors.ts'
import type { NodeId, ServerId } from '../../spec/ids.ts'
import type { ServersFrame } from '../../spec/sync/frames.ts'
import type { Directory, Timers } from '../components.ts'
import type { Scope } from './scope.ts'
import type { Session } from './session.ts'

export interface Joins {
  join(server: ServerId, from: NodeId): Promise<void>
  leave(server: ServerId): void
  listed(session: Session, frame: ServersFrame): void
  /** The directory lists other servers than before. */
  changed(): void
  stop(): void
}

interface Waiting {
  resolve(): void
  reject(reason: HearthError): void
  cancel(): void
}

export const createJoins = (parts: {
  readonly scope: Scope
  readonly directory: Directory
  readonly sessions: ReadonlyMap<NodeId, Session>
  readonly timers: Timers
  /** Events of a server that are known to be missing here. */
  lagOf(session: Session, server: ServerId): number
}): Joins => {
  const { scope, directory, sessions, timers } = parts
  const waiting = new Map<ServerId, Waiting>()

  const isHere = (server: ServerId): boolean => directory.servers().some((one) => one.server === server)

  const end = (server: ServerId, reason?: HearthError): void => {
    scope.joining.delete(server)
    scope.forget()
    const one = waiting.get(server)
    waiting.delete(server)
    one?.cancel()
    if (reason === undefined) one?.resolve()
    else one?.reject(reason)
  }

  const askAgain = (session: Session): void => {
    session.due.summary = true
    session.wake()
  }

  const joins: Joins = {
    join(server, from) {
      if (isHere(server)) return Promise.resolve()
      waiting.get(server)?.reject(new HearthError('CONNECTION_LOST', 'another join took its place'))
      waiting.get(server)?.cancel()
      return new Promise((resolve, reject) => {
        const cancel = timers.after(joinMs, () => {
          end(server, new HearthError('NO_ANSWER', `${from} has not given the server within ${joinMs / 1_000} s`))
        })
        waiting.set(server, { resolve, reject, cancel })
        scope.joining.set(server, { server, from, governance: undefined, verified: false })
        const session = sessions.get(from)
        if (session?.listed !== undefined) joins.listed(session, session.listed)
        if (session !== undefined) askAgain(session)
      })
    },

    leave(server) {
      if (scope.joining.has(server)) end(server, new HearthError('NOT_FOUND', 'the server was left'))
    },

    listed(session, frame) {
      const { servers } = frame
      session.listed = frame
      for (const joining of scope.joining.values()) {
        if (joining.from !== session.node) continue
        const found = servers.find(({ server }) => server === joining.server)
        if (found === undefined) continue
        if (joining.governance !== found.governance) {
          joining.governance = found.governance
          joining.verified = false
          scope.forget()
        }
        session.due.vectors.set(found.governance, { ask: true })
      }
    },

    changed() {
      for (const { server, from, governance } of scope.joining.values()) {
        const session = sessions.get(from)
        if (session === undefined || governance === undefined || !isHere(server)) continue
        if (session.seen.has(governance) && parts.lagOf(session, server) === 0) end(server)
      }
    },

    stop() {
      for (const server of waiting.keys()) end(server, new HearthError('NODE_DOWN', 'the node stops'))
    },
  }
  return joins
}

const joinMs = 30_000
