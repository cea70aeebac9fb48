import type { Clock, Logger } from '../../broker/components.ts'
import { encodeBase32 } from '../../spec/base32.ts'
import { isStrictPublicKey } from '../../spec/ed25519.ts'
import { HearthError } from '../../spec/errors.ts'
import type { DeviceId, UserName } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import type { DeviceKeys } from './device-keys.ts'
import { deviceRevocation } from './revocations.ts'
import type { Revocations } from './revocations.ts'
import type { AccountTables, DeviceRecord } from './tables.ts'
import type { Tokens } from './tokens.ts'

/** The devices of each user: who was seen, from where, with which key. */
export interface Devices {
  list(user: UserName): readonly DeviceRecord[]
  get(user: UserName, device: DeviceId): DeviceRecord | undefined
  /**
   * A login by this device succeeded. Recorded behind the login's back: a full disk keeps nobody out.
   * Throws DEVICE_REVOKED, DEVICE_LIMIT.
   */
  seen(user: UserName, device: DeviceId, from: { readonly client: string; readonly address: string }): void
  /** Throws DEVICE_REVOKED. */
  refuseRevoked(user: UserName, device: DeviceId): void
  enroll(user: UserName, device: DeviceId, publicKey: Uint8Array): Promise<DeviceRecord>
  revoke(user: UserName, device: string): Promise<void>
}

const hourMs = 3_600_000

export const createDevices = (components: {
  readonly tables: Pick<AccountTables, 'devices'>
  /** App tokens bound to a device keep its record, and go with it. */
  readonly tokens: Pick<Tokens, 'bound' | 'revoke'>
  /** What each key was, and until when. */
  readonly keys: Pick<DeviceKeys, 'enrolled' | 'ended'>
  readonly revocations: Revocations
  readonly clock: Clock
  readonly logger: Logger
}): Devices => {
  const { tables, tokens, keys, revocations, clock, logger } = components
  /** Lists on their way to the disk: a change builds on the change before it. */
  const writing = new Map<UserName, readonly DeviceRecord[]>()

  const list = (user: UserName): readonly DeviceRecord[] => writing.get(user) ?? tables.devices.get(user) ?? []
  const get = (user: UserName, device: DeviceId): DeviceRecord | undefined =>
    list(user).find((record) => record.device === device)

  const write = async (user: UserName, records: readonly DeviceRecord[]): Promise<void> => {
    writing.set(user, records)
    try {
      await tables.devices.put(user, [...records])
    } finally {
      if (writing.get(user) === records) writing.delete(user)
    }
  }

  const replace = (user: UserName, record: DeviceRecord): Promise<void> =>
    write(user, [...list(user).filter(({ device }) => device !== record.device), record])

  const remember = (user: UserName, records: readonly DeviceRecord[]): void => {
    write(user, records).catch((error: unknown) => logger.warn({ user, error }, 'a device could not be recorded'))
  }

  /** ACC-21: the least recently seen device that nothing else would miss. */
  const withRoom = (user: UserName): readonly DeviceRecord[] => {
    const records = list(user)
    const live = records.filter(({ revoked }) => revoked === undefined)
    if (live.length < limits.devicesPerUserMax) return withoutOldTombstones(records)
    const dropped = live
      .filter(
        ({ device, key, lastSeen }) =>
          key === undefined &&
          clock.now() - lastSeen > limits.deviceUnseenMs &&
          tokens.bound(user, device).length === 0,
      )
      .toSorted((a, b) => a.lastSeen - b.lastSeen)[0]
    if (dropped === undefined) {
      throw new HearthError('DEVICE_LIMIT', `${limits.devicesPerUserMax} devices at most: revoke one first`)
    }
    return withoutOldTombstones(records.filter((record) => record !== dropped))
  }

  const refuseRevoked: Devices['refuseRevoked'] = (user, device) => {
    if (get(user, device)?.revoked === undefined) return
    throw new HearthError('DEVICE_REVOKED', 'this device was revoked: log in with the password and another client id')
  }

  return {
    list,
    get,
    refuseRevoked,
    seen: (user, device, { client, address }) => {
      refuseRevoked(user, device)
      if (isPassingDevice(device)) return
      const now = clock.now()
      const record = get(user, device)
      if (record === undefined) {
        remember(user, [...withRoom(user), { device, client, firstSeen: now, lastSeen: now, address }])
      } else if (now - record.lastSeen >= hourMs || record.address !== address || record.client !== client) {
        remember(
          user,
          list(user).map((other) => (other === record ? { ...record, client, lastSeen: now, address } : other)),
        )
      }
    },
    enroll: async (user, device, publicKey) => {
      const record = get(user, device)
      if (record === undefined || record.revoked !== undefined) {
        throw new HearthError(
          'NOT_FOUND',
          'only a device with a client id of its own can have a key: connect with one first',
        )
      }
      if (!isStrictPublicKey(publicKey)) throw new HearthError('BAD_REQUEST', 'the key is not an Ed25519 public key')
      const key = encodeBase32(publicKey)
      const enrolled = { ...record, key }
      await keys.enrolled(user, device, key)
      await replace(user, enrolled)
      return enrolled
    },
    revoke: async (user, text) => {
      const record = list(user).find(({ device, revoked }) => device === text && revoked === undefined)
      if (record === undefined) throw new HearthError('NOT_FOUND', 'there is no such device')
      // ACC-23
      const { key: _forgotten, ...rest } = record
      await keys.ended(user, record.device)
      await replace(user, { ...rest, revoked: clock.now() })
      revocations.announce(deviceRevocation(user, record.device))
      for (const token of tokens.bound(user, record.device)) await tokens.revoke(user, token)
    },
  }
}

/**
 * ACC-22: client ids that a library or this node made up for one run (an empty client id, `mosquitto_pub -V 31`,
 * mqtt.js). They name no device: nothing is recorded, and they do not count.
 */
export const isPassingDevice = (device: DeviceId): boolean => /^(?:auto-|mosq-|mqttjs_)[A-Za-z0-9]{8,}$/.test(device)

/** What was revoked stays refused by its id; of many, the latest. */
const withoutOldTombstones = (records: readonly DeviceRecord[]): readonly DeviceRecord[] => {
  const tombstones = records
    .filter(({ revoked }) => revoked !== undefined)
    .toSorted((a, b) => (b.revoked ?? 0) - (a.revoked ?? 0))
  const forgotten = new Set(tombstones.slice(tombstonesMax))
  return forgotten.size === 0 ? records : records.filter((record) => !forgotten.has(record))
}

const tombstonesMax = 100
