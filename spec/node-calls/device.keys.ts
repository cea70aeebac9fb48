import { z } from 'zod'
import { authorKeyField } from '../author.ts'
import { isMemberId } from '../identifiers.ts'
import type { MemberId } from '../ids.ts'
import { limits } from '../limits.ts'
import { defineNodeCall } from './node-call.ts'

const memberField = z.custom<MemberId>(isMemberId, 'is not a member id')

/** NCALL-11 */
export const deviceKeysNodeCall = defineNodeCall({
  method: 'device.keys',
  input: z.strictObject({ members: z.array(memberField).min(1).max(100) }),
  output: z.object({
    people: z
      .array(z.object({ member: memberField, keys: z.array(authorKeyField).max(limits.keysPerUserMax) }))
      .max(100),
  }),
})
