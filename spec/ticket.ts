/**
 * Login tickets (spec/accounts.md, ACC-30 to ACC-34): a device proves by its Ed25519 key who it is, so that the node
 * keeps public keys only. Pure: the signature is checked by who has `node:crypto`.
 */
import { decodeBase32, encodeBase32 } from './base32.ts'
import { concatBytes } from './bytes.ts'
import type { Sign } from './crypto.ts'
import { isDeviceId, isNodeId, isUserName } from './identifiers.ts'
import type { DeviceId, NodeId, UserName } from './ids.ts'
import { readText, textBytes } from './utf8.ts'

export interface Ticket {
  readonly user: UserName
  readonly device: DeviceId
  /** The node that it is for. */
  readonly node: NodeId
  /** Unix ms by the device's clock. */
  readonly issuedMs: number
  /** 16 random bytes, base32. */
  readonly nonce: string
}

export const ticketPrefix = 'tk_'

/** The text that goes into the MQTT password. */
export const createTicket = (ticket: Ticket, sign: Sign): string => {
  const body = encodeBody(ticket)
  return `${ticketPrefix}${encodeBase32(body)}.${encodeBase32(sign(signedBytes(body)))}`
}

export interface ParsedTicket {
  readonly ticket: Ticket
  /** What the signature covers. */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

/** Undefined: not a ticket in its one and only form (ACC-31). */
export const parseTicket = (text: string): ParsedTicket | undefined => {
  if (text.length > ticketCharsMax || !text.startsWith(ticketPrefix)) return undefined
  const [bodyText = '', signatureText, ...more] = text.slice(ticketPrefix.length).split('.')
  const body = decodeBase32(bodyText)
  const signature = decodeBase32(signatureText ?? '')
  if (body === undefined || signature?.length !== 64 || more.length > 0) return undefined
  const ticket = decodeBody(body)
  return ticket && { ticket, signed: signedBytes(body), signature }
}

/** ACC-31: `[1, user, device, node, issuedMs, nonce]` as JSON without white space. */
const encodeBody = ({ user, device, node, issuedMs, nonce }: Ticket): Uint8Array =>
  textBytes(JSON.stringify([1, user, device, node, issuedMs, nonce]))

const decodeBody = (body: Uint8Array): Ticket | undefined => {
  const text = readText(body)
  const fields = text === undefined ? undefined : parseJson(text)
  if (!Array.isArray(fields) || fields.length !== 6) return undefined
  const [version, user, device, node, issuedMs, nonce] = fields as readonly unknown[]
  if (version !== 1 || !isUserName(user) || !isDeviceId(device) || !isNodeId(node)) return undefined
  if (typeof issuedMs !== 'number' || !Number.isSafeInteger(issuedMs) || issuedMs < 0) return undefined
  if (typeof nonce !== 'string' || decodeBase32(nonce)?.length !== 16) return undefined
  const ticket: Ticket = { user, device, node, issuedMs, nonce }
  return readText(encodeBody(ticket)) === text ? ticket : undefined
}

/** ACC-32 */
const signedBytes = (body: Uint8Array): Uint8Array => concatBytes(domain, body)
const domain = textBytes('hearth-ticket-1\0')

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const ticketCharsMax = 1_024
