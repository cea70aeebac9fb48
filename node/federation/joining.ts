/**
 * A member of this node joins a server of another: the inviter's node grants, sync brings the governance, the member takes
 * the seat. What was begun is written down first, so that a crash or a lost answer costs no invite (NCALL-5).
 */
import { z } from 'zod'
import type { Calls } from '../../federation/calls/create-calls.ts'
import type { Timers } from '../../federation/components.ts'
import type { NodePeers } from '../../federation/peers/create-peers.ts'
import type { Sync } from '../../federation/sync/components.ts'
import type { NewestProgress } from '../../federation/sync/newest.ts'
import type { Trust } from '../../federation/trust/create-trust.ts'
import { encodeBase32 } from '../../spec/base32.ts'
import { HearthError } from '../../spec/errors.ts'
import { isMemberId, isNodeId, isServerId, isUserName } from '../../spec/identifiers.ts'
import type { MemberId, NodeId, ServerId, UserName } from '../../spec/ids.ts'
import type { InviteLink } from '../../spec/invite-link.ts'
import { serverJoinCall } from '../../spec/node-calls/server.join.ts'
import type { Servers } from '../servers/servers.ts'
import { createRecords } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Contacts } from './contacts.ts'
import type { NodeDirectory } from './directory.ts'

export interface JoiningComponents {
  readonly servers: Pick<Servers, 'memberOf' | 'formerMember' | 'grantOf' | 'takeSeat' | 'onChanged' | 'server'>
  readonly directory: Pick<NodeDirectory, 'await'>
  readonly trust: Pick<Trust, 'pin'>
  readonly peers: Pick<NodePeers, 'want' | 'peers'>
  readonly contacts: Pick<Contacts, 'release'>
  readonly calls: Pick<Calls, 'ask' | 'connected'>
  readonly sync: Pick<Sync, 'join' | 'newest'>
  readonly store: Store
  readonly timers: Timers
  readonly random: (bytes: number) => Uint8Array
  readonly logger: { warn(fields: object, message: string): void }
}

export type Home = NonNullable<InviteLink['home']>

export interface Joining {
  /**
   * Resolves when the server can be used here, with the newest messages of each channel, or after 10 s without them; its
   * history comes after. A member already: at once. Throws NODE_DOWN (the
   * inviter's node cannot be reached), PEER_REFUSED (another node answers), INVITE_INVALID, NOT_ALLOWED, NO_ANSWER.
   * Called again with the same invite, it goes on where it stopped.
   */
  join(
    user: UserName,
    code: string,
    home: Home,
    onProgress?: (channels: NewestProgress) => void,
  ): Promise<{ readonly server: ServerId }>
  /** Goes on with what a crash cut short, in the background. */
  resume(): void
}

const planSchema = z.strictObject({
  user: z.custom<UserName>(isUserName),
  server: z.custom<ServerId>(isServerId),
  nodeId: z.custom<NodeId>(isNodeId),
  addresses: z.array(z.string()),
  code: z.string(),
  member: z.custom<MemberId>(isMemberId),
})
type Plan = z.output<typeof planSchema>

export async function openJoining(components: JoiningComponents, self: NodeId): Promise<Joining> {
  const { servers, directory, trust, peers, contacts, calls, sync, timers, random, logger } = components
  const plans = await createRecords(components.store, 'joins', planSchema)

  const planFor = async (user: UserName, code: string, { server, nodeId, addresses }: Home): Promise<Plan> => {
    const known = plans.get(`${user}/${server}`)
    const member =
      known?.member ?? servers.formerMember(user, server) ?? (encodeBase32(random(memberBytes)) as MemberId)
    const plan: Plan = { user, server, nodeId, addresses: [...addresses], code, member }
    await plans.put(`${user}/${server}`, plan)
    return plan
  }

  const carryOut = async ({ user, server, nodeId, addresses, code, member }: Plan): Promise<void> => {
    await trust.pin({ nodeId, by: 'invite', addresses })
    peers.want(nodeId, addresses)
    await calls.connected(nodeId, connectMs).catch((cause: unknown) => {
      const { lastError = 'it does not answer' } = peers.peers().find((peer) => peer.nodeId === nodeId) ?? {}
      throw new HearthError('NODE_DOWN', `the node of the invite cannot be reached: ${lastError}`, { cause })
    })
    const ask = () => calls.ask(nodeId, serverJoinCall, { server, code, member, user })
    await ask().catch(async (error: unknown) => {
      if (!isMoved(error)) throw error
      // LINK-9: a direct connection takes the place of the relayed one; NCALL-5: it may be asked twice.
      await calls.connected(nodeId, connectMs)
      await ask()
    })
    // A server that was here before is taken up again; sync fetches a new one from its genesis on.
    if (servers.server(server) !== undefined) directory.await(server)
    await sync.join(server, nodeId)
    await untilSeated(server, member)
    await servers.takeSeat(user, server, member)
  }

  /** The governance may be here a moment before the grant. */
  const untilSeated = (server: ServerId, member: MemberId): Promise<void> =>
    new Promise((resolve, reject) => {
      const isHere = (): boolean => servers.grantOf(self, member, server) !== undefined
      if (isHere()) {
        resolve()
        return
      }
      const stop = servers.onChanged(() => {
        if (!isHere()) return
        done()
        resolve()
      })
      const cancel = timers.after(grantMs, () => {
        done()
        reject(new HearthError('NO_ANSWER', 'the server is here, the membership is not yet; try again'))
      })
      const done = (): void => {
        stop()
        cancel()
      }
    })

  const run = async (plan: Plan): Promise<void> => {
    try {
      await carryOut(plan)
    } catch (error) {
      contacts.release(plan.nodeId)
      if (isFinal(error)) await plans.delete(`${plan.user}/${plan.server}`)
      throw error
    }
    await plans.delete(`${plan.user}/${plan.server}`)
  }

  return {
    async join(user, code, home, onProgress) {
      const { server, nodeId } = home
      if (servers.memberOf(user, server) !== undefined) return { server }
      await run(await planFor(user, code, home))
      await sync.newest(server, nodeId, { forMs: newestMs, ...(onProgress !== undefined && { onProgress }) })
      return { server }
    },
    resume() {
      for (const [, plan] of plans.all()) {
        run(plan).catch((error: unknown) => {
          const { user, server } = plan
          logger.warn({ user, server, reason: String(error) }, 'a join that was cut short could not go on')
        })
      }
    },
  }
}

/** What the inviter's node said will not change by trying again. */
const isFinal = (error: unknown): boolean =>
  error instanceof HearthError && ['INVITE_INVALID', 'NOT_ALLOWED', 'NOT_FOUND', 'BAD_REQUEST'].includes(error.code)

const isMoved = (error: unknown): boolean =>
  error instanceof HearthError && (error.code === 'CONNECTION_LOST' || error.code === 'NODE_DOWN')

const memberBytes = 16
const connectMs = 10_000
const grantMs = 10_000
/** The newest messages of a join. */
const newestMs = 10_000
