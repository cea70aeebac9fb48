/** What servers, channels, roles and members look like in calls (spec/governance.md GOV-27 to GOV-30). */
import { z } from 'zod'
import { serverIdField } from './account.ts'
import { limits } from './limits.ts'
import { channelIdField } from './message.ts'
import { permissions } from './permissions.ts'

/** GOV-27: a server by its id or its handle; whoever is no member finds none. */
export const serverRef = z.string().min(1).max(64)
/** GOV-28: a channel by its id, as `server/channel`, or as `#channel` where one of one's servers has it. */
export const channelRef = z.string().min(1).max(80)
/** GOV-29: a role by its id or its name, in any case. */
export const roleRef = z
  .string()
  .min(1)
  .max(2 * limits.nameCharsMax)
/** GOV-30: a member by user name (of this node) or address. */
export const memberRef = z.string().min(1).max(300)

/** Names, topics and reasons are measured in code points by whoever keeps them; here in UTF-16, twice as many at most. */
export const nameField = z.string().max(2 * limits.nameCharsMax)
export const topicField = z.string().max(2 * limits.topicCharsMax)
export const permissionField = z.enum(permissions)
export const permissionsField = z.array(permissionField).max(permissions.length)

export const serverField = z.object({ id: serverIdField, handle: z.string(), name: z.string() })

export const channelField = z.object({
  id: channelIdField,
  handle: z.string(),
  name: z.string(),
  topic: z.string(),
  category: z.string(),
  private: z.boolean(),
  archived: z.boolean(),
  retention: z.object({ days: z.number().int() }).optional().describe('Absent: kept for ever (FEED-8).'),
})

export const roleField = z.object({
  id: z.string(),
  name: z.string(),
  rank: z.number().int().describe('The lower number stands above.'),
  permissions: z.array(z.string()).readonly(),
})

export const memberField = z.object({
  address: z.string(),
  name: z.string(),
  rank: z.number().int(),
  roles: z.array(z.string()).readonly().describe('Role ids.'),
  timeoutUntil: z.number().int().optional().describe('Unix ms; absent: not timed out.'),
})
