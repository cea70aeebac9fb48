/** What the accounts keep on disk: one table each, whole in memory, written through. */
import { z } from 'zod'
import { isChannelId, isDeviceId, isServerId, isUserName } from '../../spec/identifiers.ts'
import type { ChannelId, DeviceId, ServerId, UserName } from '../../spec/ids.ts'
import { createRecords } from '../store/records.ts'
import type { Records } from '../store/records.ts'
import type { Store } from '../store/store.ts'

const user = z.custom<UserName>(isUserName)
const device = z.custom<DeviceId>(isDeviceId)
const channel = z.custom<ChannelId>(isChannelId)
const server = z.custom<ServerId>(isServerId)
const ms = z.number().int()
/** Base32 of a SHA-256: what is kept of a secret that was made here (ACC-11). */
const digest = z.string()

const userRecord = z.strictObject({
  /** PHC string. */
  password: z.string(),
  disabled: z.boolean(),
  created: ms,
})
const deviceRecord = z.strictObject({
  device,
  client: z.string(),
  firstSeen: ms,
  lastSeen: ms,
  address: z.string(),
  /** Base32 of an Ed25519 public key. */
  key: z.string().optional(),
  revoked: ms.optional(),
})
const deviceKeyRecord = z.strictObject({
  device,
  /** Base32 of an Ed25519 public key. */
  key: z.string(),
  since: ms,
  until: ms.optional(),
  vouch: z.strictObject({ by: z.string(), value: z.string() }).optional(),
})
const tokenRecord = z.strictObject({
  user,
  digest,
  name: z.string(),
  channels: z.array(channel).optional(),
  send: z.boolean(),
  read: z.boolean(),
  device: device.optional(),
  created: ms,
  expires: ms.optional(),
})
const inviteRecord = z.strictObject({
  digest,
  server: server.optional(),
  role: z.string().optional(),
  register: z.boolean(),
  usesLeft: z.number().int(),
  used: z.number().int(),
  created: ms,
  expires: ms,
  createdBy: user.optional(),
})
const admissionRecord = z.strictObject({
  user,
  server,
  invitedBy: user.optional(),
  role: z.string().optional(),
})

export type UserRecord = z.output<typeof userRecord>
export type DeviceRecord = z.output<typeof deviceRecord>
export type DeviceKeyRecord = z.output<typeof deviceKeyRecord>
export type TokenRecord = z.output<typeof tokenRecord>
export type InviteRecord = z.output<typeof inviteRecord>
export type AdmissionRecord = z.output<typeof admissionRecord>

export interface AccountTables {
  /** By user name. */
  readonly users: Records<UserRecord>
  /** By user name: all devices of a user in one record, so that the cap is kept by one write. */
  readonly devices: Records<DeviceRecord[]>
  /** By user name: the keys of all devices, those that ended too. */
  readonly keys: Records<DeviceKeyRecord[]>
  /** By token id. */
  readonly tokens: Records<TokenRecord>
  /** By token id, Unix ms; apart from the tokens, because it is written behind. */
  readonly tokenUses: Records<number>
  /** By invite id. */
  readonly invites: Records<InviteRecord>
  /** By `user/server`: counted at an invite, not yet let in. */
  readonly admissions: Records<AdmissionRecord>
  /** By `user/device/nonce`: when a ticket that was used would have run out, Unix ms. */
  readonly tickets: Records<number>
}

export const openAccountTables = async (store: Store): Promise<AccountTables> => ({
  users: await createRecords(store, 'users', userRecord),
  devices: await createRecords(store, 'devices', z.array(deviceRecord)),
  keys: await createRecords(store, 'device-keys', z.array(deviceKeyRecord)),
  tokens: await createRecords(store, 'tokens', tokenRecord),
  tokenUses: await createRecords(store, 'token-uses', ms),
  invites: await createRecords(store, 'invites', inviteRecord),
  admissions: await createRecords(store, 'admissions', admissionRecord),
  tickets: await createRecords(store, 'tickets', ms),
})
