import { z } from 'zod'
import { serverIdField, userNameField } from '../account.ts'
import { defineNodeCall, type NodeCallSpec } from './node-call.ts'

const input = z.strictObject({
  /** A user of the asking node. */
  from: userNameField,
  /** A user of the answering node. */
  to: userNameField,
  /** Of `dm.add`: the group. */
  place: serverIdField.optional(),
})
const output = z.object({ standing: z.enum(['friend', 'outgoing']).optional() })

/** FRIEND-22: what one node asks another about two people. */
export const betweenPeople = (method: string): NodeCallSpec<typeof input, typeof output> =>
  defineNodeCall({ method, input, output })
