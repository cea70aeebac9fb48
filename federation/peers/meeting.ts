/** From a connection to a peer: HELLO, one connection for each node, and the end of it. */
import { equalBytes } from '../../spec/bytes.ts'
import { HearthError } from '../../spec/errors.ts'
import type { NodeId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { Connection, Peer } from '../components.ts'
import { nodeLabel } from '../trust/fingerprint.ts'
import type { PeersComponents } from './components.ts'
import { cutOffMs, type Contact } from './contact.ts'
import { takesOver, type Line } from './duplicates.ts'
import { shakeHands, type Greeted } from './handshake.ts'
import type { Hello } from './link-frames.ts'
import { createLivePeer, type LivePeer } from './live-peer.ts'
import { createPeerConnection } from './peer-connection.ts'

export interface Meeting {
  /** The node behind the connection. Throws PEER_REFUSED, FRAME_INVALID, NO_ANSWER or CONNECTION_LOST, and closes. */
  greet(connection: Connection): Promise<NodeId>
  /** Sends it away for a while (LINK-14). */
  cutOff(contact: Contact, reason: string): void
}

export interface MeetingInit {
  readonly session: Uint8Array
  readonly find: (nodeId: NodeId) => Contact | undefined
  /** Of a node that has proven who it is: makes one. */
  readonly contactOf: (nodeId: NodeId) => Contact
  readonly onPeer: (contact: Contact, peer: Peer) => void
  /** The connection that counted is gone; no new one for `pauseMs`. */
  readonly onLost: (contact: Contact, pauseMs: number) => void
}

export const createMeeting = (components: PeersComponents, init: MeetingInit): Meeting => {
  const { network, trust, identity, timers, clock, logger } = components
  const greetings = new WeakMap<Connection, Promise<NodeId>>()
  let waiting = 0

  const own = (): Hello => ({
    nodeId: identity.nodeId,
    certificate: identity.certificate(),
    timeMs: clock.now(),
    session: init.session,
    capabilities: identity.capabilities ?? [],
    name: identity.name,
    domain: identity.domain,
    addresses: network.addresses(),
  })

  const admit = async (hello: Hello, connection: Connection): Promise<void> => {
    const cutOff = init.find(hello.nodeId)?.cutOff
    if (cutOff !== undefined && cutOff.untilMs > clock.now()) {
      const seconds = Math.ceil((cutOff.untilMs - clock.now()) / 1000)
      throw new HearthError('PEER_REFUSED', `cut off for another ${seconds} s: ${cutOff.reason}`)
    }
    await trust.admit({ ...hello, remoteKey: connection.remoteKey })
  }

  const meet = async (connection: Connection): Promise<NodeId> => {
    if (connection.inbound && waiting >= limits.helloWaitingMax) {
      await connection.close()
      throw new HearthError('RATE_LIMITED', 'too many connections that have not said who they are')
    }
    // Its streams are caught from the first moment on.
    const caught = createPeerConnection(connection)
    waiting++
    try {
      const greeted = await shakeHands(connection, { own, timers, admit: (hello) => admit(hello, connection) })
      return settle(greeted, caught)
    } finally {
      waiting--
    }
  }

  /** One connection is kept (LINK-12). */
  const settle = (greeted: Greeted, connection: ReturnType<typeof createPeerConnection>): NodeId => {
    const { nodeId, session } = greeted.hello
    const contact = init.contactOf(nodeId)
    const line: Line = {
      dialledBy: connection.inbound ? nodeId : identity.nodeId,
      relayed: connection.relayed,
      session,
    }
    const live = createLivePeer({
      connection,
      greeted,
      line,
      name: nameOf(greeted.hello),
      budget: contact.budget,
      traffic: contact.traffic,
      timers,
      clock,
      onBye: (code, detail) => leave(contact, live, { code, detail }),
      onSilence: () => {
        contact.lastError = 'nothing was heard of it; the connection is given up'
        void connection.close()
      },
    })
    const before = contact.live
    if (before !== undefined && !takesOver(identity.nodeId, nodeId, before.line, line)) {
      void live.end(duplicate())
      void checkAlive(before)
      return nodeId
    }
    contact.live = live
    contact.lastError = undefined
    void connection.closed.then(() => lose(contact, live))
    logger.info({ peer: nodeId, inbound: connection.inbound, relayed: connection.relayed }, 'peer connected')
    init.onPeer(contact, live.peer)
    live.begin()
    if (before !== undefined) retire(before, line)
    void confirmDomain(contact, greeted.hello)
    return nodeId
  }

  /** A relayed one is left for a while: what was asked over it is answered, and the other end may not have the new one yet. */
  const retire = (before: LivePeer, by: Line): void => {
    const isReplaced = before.line.relayed && !by.relayed && equalBytes(before.line.session, by.session)
    if (!isReplaced) void before.end(duplicate())
    else timers.after(retireMs, () => void before.end(duplicate()))
  }

  const nameOf = ({ nodeId, name }: Hello): string => trust.record(nodeId)?.domain ?? (name || nodeLabel(nodeId))

  /** A second connection while the first seems to stand: perhaps only we have not noticed its end. */
  const checkAlive = async (live: LivePeer): Promise<void> => {
    if ((await live.ping(aliveMs)) === undefined) await live.peer.connection.close()
  }

  const confirmDomain = async (contact: Contact, { nodeId, domain }: Hello): Promise<void> => {
    if (domain === undefined) return
    try {
      await trust.confirmDomain(nodeId, domain)
    } catch (error) {
      if (error instanceof HearthError && error.code === 'PEER_REFUSED') contact.lastError = error.message
      logger.debug({ peer: nodeId, domain, reason: messageOf(error) }, 'the domain of a peer is not confirmed')
    }
  }

  const leave = (contact: Contact, live: LivePeer, { code, detail }: { code: string; detail: string }): void => {
    if (contact.live === live && code !== duplicateCode) contact.lastError = `it closed: ${detail}`
    void live.peer.connection.close()
  }

  const lose = (contact: Contact, live: LivePeer): void => {
    if (contact.live !== live) return
    contact.live = undefined
    contact.awaySinceMs = clock.now()
    logger.info({ peer: contact.nodeId, reason: contact.lastError }, 'peer lost')
    init.onLost(contact, Math.max(0, (contact.cutOff?.untilMs ?? 0) - clock.now()))
  }

  return {
    greet(connection) {
      const greeting = greetings.get(connection) ?? meet(connection)
      greetings.set(connection, greeting)
      return greeting
    },
    cutOff(contact, reason) {
      const untilMs = clock.now() + cutOffMs(contact.cutOffs++)
      contact.cutOff = { untilMs, reason }
      logger.warn({ peer: contact.nodeId, reason, untilMs }, 'peer cut off')
      void contact.live?.end(new HearthError('PEER_REFUSED', `cut off: ${reason}`))
    },
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** How long a connection may take to answer when a second one casts doubt on it. */
const aliveMs = 5_000
/** Between a direct connection and the end of the relayed one. */
const retireMs = 5_000
const duplicateCode = 'EXISTS'
const duplicate = (): HearthError => new HearthError(duplicateCode, 'another connection between the two nodes is kept')
