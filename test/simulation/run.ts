/** What the parts of a run have in common. */
import type { ChannelId, EventId, FeedId, NodeId, ServerId } from '../../spec/ids.ts'
import type { SimNetwork } from './network.ts'
import type { Site } from './site.ts'
import type { World } from './world.ts'

export interface Run {
  readonly world: World
  readonly network: SimNetwork
  readonly sites: readonly Site[]
  readonly server: ServerId
  readonly general: ChannelId
  /** For the first two sites only. */
  readonly back: ChannelId
  /** Feeds, and how far others have said that they hold them. */
  readonly replicated: Map<FeedId, Map<NodeId, number>>
  /** A node that never comes back. */
  destroyed: Site | undefined
  /** FEED-7: where `general` begins at the end; undefined: nobody drops anything. */
  begins: EventId | undefined
  /** Nodes that are no honest sites. */
  readonly strangers: Set<NodeId>
}

/** By its own word: it has heard that it was put out, perhaps from a node that told nobody else and is gone. */
export const isOut = ({ process: { servers }, keys }: Site): boolean =>
  servers.servers().every(({ id }) => servers.replicas(id)?.nodes.has(keys.nodeId) !== true)

/** The promise is kept before this virtual time is over, or the run has failed. */
export const within = async <T>(world: World, promise: Promise<T>, ms: number, what: string): Promise<T> => {
  let done: { readonly value: T } | { readonly error: unknown } | undefined
  promise.then(
    (value) => (done = { value }),
    (error: unknown) => (done = { error }),
  )
  await world.runUntil(() => done !== undefined, ms)
  if (done === undefined) throw new Error(`${what} took more than ${ms} ms`)
  if ('error' in done) throw done.error
  return done.value
}
