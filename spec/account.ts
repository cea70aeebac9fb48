/** What accounts look like in calls (spec/accounts.md). Times are Unix ms. */
import { z } from 'zod'
import { isDeviceId, isServerId, isUserName } from './identifiers.ts'
import type { DeviceId, ServerId, UserName } from './ids.ts'
import { channelIdField } from './message.ts'

export const userNameField = z.custom<UserName>(isUserName, 'is not a user name')
export const deviceIdField = z.custom<DeviceId>(isDeviceId, 'is not a device id')
export const serverIdField = z.custom<ServerId>(isServerId, 'is not a server id')
const time = z.number().int()

/** Ed25519 public key, base32. */
export const deviceKeyField = z.string().regex(/^[a-z2-7]{52}$/, 'is not 32 bytes in base32')

export const userField = z.object({
  user: userNameField,
  disabled: z.boolean(),
  created: time,
  devices: z.number().int(),
  tokens: z.number().int(),
})

export const deviceField = z.object({
  device: deviceIdField,
  client: z.string().describe('`MQTT 5` …'),
  firstSeen: time,
  lastSeen: time.describe('At most an hour behind.'),
  address: z.string(),
  key: deviceKeyField.optional(),
  revoked: time.optional(),
})

export const tokenField = z.object({
  id: z.string(),
  user: userNameField,
  name: z.string(),
  channels: z.array(channelIdField).readonly().optional().describe('Absent: every channel that the user can see.'),
  send: z.boolean(),
  read: z.boolean(),
  device: deviceIdField.optional().describe('Usable from this device only.'),
  created: time,
  expires: time.optional(),
  lastUsed: time.optional().describe('At most an hour behind.'),
})

export const inviteField = z.object({
  id: z.string().describe('Names the invite without being it.'),
  server: serverIdField.optional(),
  role: z.string().optional(),
  register: z.boolean().describe('May it make new accounts?'),
  usesLeft: z.number().int(),
  used: z.number().int(),
  created: time,
  expires: time,
  createdBy: userNameField.optional().describe('Absent: the operator of the node.'),
})

const secondsMax = 10 * 365 * 24 * 3600
export const expiresInField = z.number().int().min(1).max(secondsMax)
