/** The other nodes: reached, known, kept connected, held to their budgets (spec/federation-link.md). */
import { HearthError } from '../../spec/errors.ts'
import type { NodeId } from '../../spec/ids.ts'
import type { Connection, Peer, Peers } from '../components.ts'
import { unexpected } from '../trust/judge.ts'
import { createBudget, defaultBudget, type BudgetInit, type MeteredBudget } from './budget.ts'
import type { PeersComponents, PeerStatus } from './components.ts'
import { statusOf, type Contact } from './contact.ts'
import { createMeeting, messageOf } from './meeting.ts'
import { createSupervisor, type SupervisorInit } from './supervisor.ts'

export interface PeersInit {
  /** 16 random bytes, new for each start of the process (LINK-12). */
  readonly session: Uint8Array
  readonly budget?: Partial<BudgetInit>
  readonly supervisor?: SupervisorInit
}

export interface NodePeers extends Peers, AsyncDisposable {
  /** Starts the network, too. Trust is started before. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Keeps a connection to that node for ever. New addresses are tried first, and at once. */
  want(nodeId: NodeId, addresses?: readonly string[]): void
  /** No more attempts; a connection that stands is closed. */
  unwant(nodeId: NodeId): Promise<void>
  /** What `hearth peer list` shows: whoever is connected, wanted, cut off or remembered. */
  peers(): readonly PeerStatus[]
  /** Throws NODE_DOWN when it is not connected, NO_ANSWER after 5 s. */
  ping(nodeId: NodeId): Promise<{ readonly rttMs: number; readonly clockOffsetMs: number }>
  /** After `peer trust`, `peer block` or a change of the lists: ends what is not admitted any more, and the cut-off of `nodeId`. */
  reconsider(nodeId?: NodeId): Promise<void>
}

export const createPeers = (components: PeersComponents, init: PeersInit): NodePeers => {
  const { network, trust, timers, clock, random, logger } = components
  const contacts = new Map<NodeId, Contact>()
  const listeners = new Set<(peer: Peer) => void>()
  let forgetConnections: (() => void) | undefined

  const meeting = createMeeting(components, {
    session: init.session,
    find: (nodeId) => contacts.get(nodeId),
    contactOf,
    onPeer(contact, peer) {
      supervisor.connected(contact.nodeId)
      for (const listener of listeners) listener(peer)
    },
    onLost(contact, pauseMs) {
      supervisor.lost(contact.nodeId, pauseMs)
      forgetSome()
    },
  })

  const supervisor = createSupervisor({ timers, random, connect, addressesOf }, init.supervisor)

  function addressesOf(nodeId: NodeId): readonly string[] {
    return [...new Set([...(contacts.get(nodeId)?.addresses ?? []), ...(trust.record(nodeId)?.addresses ?? [])])]
  }

  async function connect(nodeId: NodeId, address: string): Promise<void> {
    const contact = contactOf(nodeId)
    try {
      if (!trust.isAdmitted(nodeId))
        throw new HearthError('PEER_REFUSED', 'it is blocked here, or not on the allow list')
      const connection = await network.dial(dialable(address))
      const answered = await meeting.greet(connection)
      if (answered !== nodeId) {
        if (!supervisor.isWanted(answered)) await connection.close()
        throw unexpected(nodeId, answered)
      }
      contact.reachedAt = address
    } catch (error) {
      if (contact.live === undefined) contact.lastError = `${address}: ${messageOf(error)}`
      logger.debug({ peer: nodeId, address, reason: messageOf(error) }, 'peer not reached')
      throw error
    }
  }

  function contactOf(nodeId: NodeId): Contact {
    const known = contacts.get(nodeId)
    if (known !== undefined) return known
    const contact: Contact = {
      nodeId,
      traffic: { bytesIn: 0, bytesOut: 0, heardMs: clock.monotonicMs() },
      budget: budgetOf(nodeId),
      live: undefined,
      reachedAt: undefined,
      addresses: [],
      lastError: undefined,
      awaySinceMs: clock.now(),
      cutOff: undefined,
      cutOffs: 0,
    }
    contacts.set(nodeId, contact)
    return contact
  }

  function budgetOf(nodeId: NodeId): MeteredBudget {
    const cutOff = (reason: string): void => {
      const contact = contactOf(nodeId)
      contact.budget = budgetOf(nodeId)
      meeting.cutOff(contact, reason)
    }
    return createBudget({ timers, monotonicMs: clock.monotonicMs, cutOff }, { ...defaultBudget, ...init.budget })
  }

  const isNeeded = ({ nodeId, live, cutOff }: Contact): boolean =>
    live !== undefined || (cutOff?.untilMs ?? 0) > clock.now() || supervisor.isWanted(nodeId)

  /** Anybody can connect under ever new names. */
  const forgetSome = (): void => {
    if (contacts.size <= contactsMax) return
    for (const contact of contacts.values()) if (!isNeeded(contact)) contacts.delete(contact.nodeId)
  }

  const greet = (connection: Connection): void => {
    meeting.greet(connection).catch((error: unknown) => {
      logger.info({ inbound: connection.inbound, reason: messageOf(error) }, 'connection refused')
    })
  }

  const stop = async (): Promise<void> => {
    forgetConnections?.()
    forgetConnections = undefined
    supervisor.stop()
    const bye = new HearthError('NODE_DOWN', 'the node stops')
    await Promise.all([...contacts.values()].flatMap(({ live }) => (live === undefined ? [] : [live.end(bye)])))
    await network.stop()
    for (const { budget } of contacts.values()) budget.end()
    contacts.clear()
  }

  return {
    async start() {
      forgetConnections ??= network.onConnection(greet)
      await network.start()
    },
    stop,
    [Symbol.asyncDispose]: stop,

    want(nodeId, addresses = []) {
      const contact = contactOf(nodeId)
      contact.addresses = [...new Set([...addresses, ...contact.addresses])].slice(0, addressesMax)
      supervisor.want(nodeId)
      if (contact.live === undefined) supervisor.hint(nodeId)
      else supervisor.connected(nodeId)
    },

    async unwant(nodeId) {
      supervisor.unwant(nodeId)
      await contacts.get(nodeId)?.live?.end(new HearthError('CONNECTION_LOST', 'it keeps no connection to us any more'))
    },

    peers() {
      const nodes = new Set([...contacts.keys(), ...trust.records().map(({ nodeId }) => nodeId)])
      return [...nodes].map((nodeId) =>
        statusOf(nodeId, {
          contact: contacts.get(nodeId),
          record: trust.record(nodeId),
          wanted: supervisor.isWanted(nodeId),
          nowMs: clock.now(),
        }),
      )
    },

    onPeer(listener) {
      listeners.add(listener)
      for (const { live } of contacts.values()) if (live !== undefined) listener(live.peer)
      return () => void listeners.delete(listener)
    },

    async ping(nodeId) {
      const live = contacts.get(nodeId)?.live
      if (live === undefined) throw new HearthError('NODE_DOWN', `no connection to ${nodeId}`)
      const rttMs = await live.ping(pingMs)
      if (rttMs === undefined) throw new HearthError('NO_ANSWER', `no answer of ${nodeId} within ${pingMs / 1000} s`)
      return { rttMs, clockOffsetMs: live.ctl.clockOffsetMs() ?? 0 }
    },

    async reconsider(nodeId) {
      const concerned = [...contacts.values()].filter((contact) => nodeId === undefined || contact.nodeId === nodeId)
      const refusal = new HearthError('PEER_REFUSED', 'it does not let us in any more')
      for (const contact of concerned) {
        if (!trust.isAdmitted(contact.nodeId)) await contact.live?.end(refusal)
        if (nodeId !== undefined) {
          contact.cutOff = undefined
          contact.cutOffs = 0
        }
        supervisor.hint(contact.nodeId)
      }
    },
  }
}

const contactsMax = 1_000
const addressesMax = 16
const pingMs = 5_000

/** LINK-8: the key at the end of an address may have been rotated: who answers is proven by HELLO. A relay needs it to find the node. */
const dialable = (address: string): string =>
  address.includes('/p2p-circuit') ? address : address.replace(/\/p2p\/[^/]+$/, '')
