import { z } from 'zod'
import { deviceIdField, deviceKeyField, userNameField } from '../account.ts'
import { isNodeId } from '../identifiers.ts'
import type { NodeId } from '../ids.ts'
import { defineCall } from './call.ts'

/** What a client cannot know by itself: its node, and the address that others see. */
export const sessionShow = defineCall({
  method: 'session.show',
  summary: 'Show who this session is: its user, address, device and node',
  errors: [],
  token: 'any',
  input: z.strictObject({}),
  output: z.object({
    user: userNameField,
    address: z.string(),
    device: deviceIdField,
    node: z.custom<NodeId>(isNodeId, 'is not a node id'),
    key: deviceKeyField.optional().describe('Of this device, if it has one.'),
  }),
})
