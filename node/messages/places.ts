import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId, UserName } from '../../spec/ids.ts'
import type { Ingest } from '../ingest.ts'
import type { Principal } from '../principal.ts'
import { findChannel } from '../servers/references.ts'
import type { ChannelInfo, Questions } from '../servers/servers.ts'

/** What it takes to find what people write in calls. */
export type Finding = Parameters<typeof findChannel>[0] & Pick<Questions, 'authorOf'>

/** NOT_FOUND: there is none, or the user may not read it. */
export const findChannelOf = (servers: Finding, user: UserName, name: string): ChannelInfo =>
  findChannel(servers, user, name)

/** Throws NOT_FOUND or NOT_ALLOWED: an app token reads its channels only. */
export const requireRead = (ingest: Pick<Ingest, 'allows'>, principal: Principal, channel: ChannelId): void => {
  const allowed = ingest.allows(principal, channel, 'read')
  if (!allowed.ok) throw new HearthError(allowed.code, allowed.reason)
}

/** Every event of a channel lies between them. */
export const allIds = {
  from: '00000000-0000-7000-8000-000000000000' as EventId,
  to: 'ffffffff-ffff-7fff-bfff-ffffffffffff' as EventId,
} as const
