import { randomBytes } from 'node:crypto'
import type { Clock } from '../../broker/components.ts'
import { decodeBase32 } from '../../spec/base32.ts'
import { HearthError } from '../../spec/errors.ts'
import type { DeviceId, NodeId } from '../../spec/ids.ts'
import { limits } from '../../spec/limits.ts'
import { parseTicket } from '../../spec/ticket.ts'
import type { Ticket } from '../../spec/ticket.ts'
import { createSigningKey, createVerify } from '../crypto.ts'
import type { Devices } from './devices.ts'
import type { AccountTables } from './tables.ts'

/** Logins signed by a device's key. */
export interface Tickets {
  /** Resolves once the ticket is marked as used on disk. Throws LOGIN_FAILED, DEVICE_REVOKED, or what the store throws. */
  redeem(text: string, device: DeviceId): Promise<Ticket>
  /** Forgets used tickets that ran out long ago. */
  expire(): void
}

export const createTickets = (
  components: {
    readonly tables: Pick<AccountTables, 'tickets'>
    readonly devices: Devices
    readonly clock: Clock
  },
  init: { readonly nodeId: NodeId },
): Tickets => {
  const { tables, devices, clock } = components
  const verify = createVerify()
  /** What an unknown device's ticket is checked against: the same work, and it fails. */
  const nobody = createSigningKey(randomBytes(32)).publicKey
  const inFlight = new Set<string>()

  /** ACC-34 */
  const useOnce = async ({ user, device, nonce, issuedMs }: Ticket): Promise<void> => {
    const name = `${user}/${device}/${nonce}`
    if (inFlight.has(name) || tables.tickets.has(name)) {
      throw new HearthError('LOGIN_FAILED', 'this ticket was used before: sign a new one')
    }
    inFlight.add(name)
    try {
      await tables.tickets.put(name, issuedMs + limits.ticketAgeMsMax + limits.ticketKeptMs)
    } finally {
      inFlight.delete(name)
    }
  }

  return {
    redeem: async (text, clientId) => {
      const parsed = parseTicket(text)
      if (parsed === undefined) throw new HearthError('LOGIN_FAILED')
      const { ticket, signed, signature } = parsed
      const enrolled = devices.get(ticket.user, ticket.device)?.key
      const key = enrolled === undefined ? undefined : decodeBase32(enrolled)
      const holds = verify(key ?? nobody, signed, signature)
      if (key === undefined || !holds) throw new HearthError('LOGIN_FAILED')
      refuseMismatch(ticket, clientId, init.nodeId, clock.now())
      await useOnce(ticket)
      return ticket
    },
    expire: () => {
      const now = clock.now()
      const old = [...tables.tickets.all()]
        .filter(([, until]) => until < now)
        .map(([name]) => [name, undefined] as const)
      // What stays because the disk is full is tried again by the next call.
      if (old.length > 0) tables.tickets.putAll(old).catch(() => undefined)
    },
  }
}

/** ACC-33. The signature is right: the device may know what is wrong. */
const refuseMismatch = (ticket: Ticket, clientId: DeviceId, nodeId: NodeId, now: number): void => {
  if (ticket.node !== nodeId) throw new HearthError('LOGIN_FAILED', 'this ticket is for another node')
  if (ticket.device !== clientId) throw new HearthError('LOGIN_FAILED', 'this ticket is for another client id')
  const age = now - ticket.issuedMs
  if (age > limits.ticketAgeMsMax || age < -limits.ticketAheadMsMax) {
    throw new HearthError(
      'LOGIN_FAILED',
      `this ticket is ${Math.round(age / 1000)} seconds old by the node's clock: sign a new one, and set the clock if that does not help`,
    )
  }
}
