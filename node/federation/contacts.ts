/** Whom this node keeps a connection to: the nodes that sync asks for, and those that an admin added. */
import { z } from 'zod'
import type { Calls } from '../../federation/calls/create-calls.ts'
import type { Peers, Timers } from '../../federation/components.ts'
import type { NodePeers } from '../../federation/peers/create-peers.ts'
import type { Sync } from '../../federation/sync/components.ts'
import type { NodeId, ServerId } from '../../spec/ids.ts'
import { nodeAddressesCall } from '../../spec/node-calls/node.addresses.ts'
import { serverStandingCall } from '../../spec/node-calls/server.standing.ts'
import { createRecords } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { NodeDirectory } from './directory.ts'

export interface ContactsComponents {
  readonly peers: Pick<NodePeers, 'want' | 'unwant' | 'peers'> & Peers
  readonly calls: Pick<Calls, 'ask' | 'peer'>
  readonly sync: Pick<Sync, 'links'>
  readonly directory: Pick<NodeDirectory, 'servers' | 'nodesOf' | 'isConversation' | 'onChanged'>
  readonly store: Store
  readonly timers: Timers
}

export interface Contacts {
  start(): void
  stop(): void
  /** Resolves when it is on disk. */
  add(node: NodeId, addresses: readonly string[]): Promise<void>
  remove(node: NodeId): Promise<void>
  /** Somebody else wanted it for a while: unless there is another reason, no more attempts. */
  release(node: NodeId): void
}

export async function openContacts(components: ContactsComponents): Promise<Contacts> {
  const { peers, calls, sync, directory, timers } = components
  const added = await createRecords(components.store, 'contacts', z.strictObject({ addresses: z.array(z.string()) }))
  let wanted = new Set<NodeId>()
  const stops: (() => void)[] = []
  let cancelRound: (() => void) | undefined

  /** Many changes of one turn are looked at once. */
  let isDue = false
  const due = (): void => {
    if (isDue) return
    isDue = true
    timers.soon(() => {
      isDue = false
      look()
    })
  }

  const look = (): void => {
    const next = new Set<NodeId>([...sync.links(), ...([...added.all()].map(([node]) => node) as NodeId[])])
    for (const node of next) if (!wanted.has(node)) peers.want(node, added.get(node)?.addresses ?? [])
    for (const node of wanted) if (!next.has(node)) void peers.unwant(node)
    wanted = next
    void askAround()
  }

  /** NCALL-9: where are those that we do not reach? Whoever serves the same server may know. */
  const askAround = async (): Promise<void> => {
    for (const { server } of directory.servers()) {
      const hosts = directory.nodesOf(server)
      const missing = hosts.filter((node) => wanted.has(node) && calls.peer(node) === undefined).slice(0, askedMax)
      const asked = missing.length === 0 ? [] : hosts.filter((node) => calls.peer(node) !== undefined).slice(0, 2)
      await Promise.all(asked.map((node) => askOne(node, server, missing)))
    }
  }

  const askOne = async (node: NodeId, server: ServerId, missing: readonly NodeId[]): Promise<void> => {
    try {
      const { nodes } = await calls.ask(node, nodeAddressesCall, { server, nodes: [...missing] })
      for (const found of nodes) {
        if (missing.includes(found.node) && found.addresses.length > 0) peers.want(found.node, found.addresses)
      }
    } catch {
      // Asked again in the next round.
    }
  }

  /** NCALL-8: were we put out while one of us was away? Then the governance that says so comes now. */
  const askStanding = async (node: NodeId): Promise<void> => {
    for (const { server } of directory.servers()) {
      if (directory.isConversation(server) || !directory.nodesOf(server).includes(node)) continue
      await calls.ask(node, serverStandingCall, { server }).catch(() => undefined)
    }
  }

  const plan = (): void => {
    cancelRound = timers.after(roundMs, () => {
      look()
      plan()
    })
  }

  return {
    start() {
      stops.push(
        directory.onChanged(due),
        peers.onPeer((peer) => {
          due()
          timers.soon(() => void askStanding(peer.nodeId))
        }),
      )
      look()
      plan()
    },
    stop() {
      cancelRound?.()
      for (const stop of stops.splice(0)) stop()
    },
    async add(node, addresses) {
      await added.put(node, { addresses: [...addresses] })
      wanted.delete(node)
      look()
    },
    async remove(node) {
      await added.delete(node)
      look()
    },
    release(node) {
      if (!wanted.has(node)) void peers.unwant(node)
    },
  }
}

const roundMs = 30_000
const askedMax = 64
