import { errorTable, type ErrorCode } from '../../spec/errors.ts'

/** MQTT 5 allows a subset of the reason codes on each packet (§2.4); what a packet can't carry becomes its nearest. */
export const reason = {
  success: 0x00,
  noSubscriptionExisted: 0x11,
  malformedPacket: 0x81,
  protocolError: 0x82,
  serverShuttingDown: 0x8b,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  sharedSubscriptionsNotSupported: 0x9e,
} as const

export function pubackReason(code: ErrorCode): number {
  return pick(errorTable[code].mqtt, [0x83, 0x87, 0x90, 0x97, 0x99])
}

export function subackReason(code: ErrorCode): number {
  const value = errorTable[code].mqtt
  return value === 0x90 ? 0x8f : pick(value, [0x83, 0x87, 0x97])
}

export function disconnectReason(code: ErrorCode): number {
  const value = errorTable[code].mqtt
  return value === 0x86 ? 0x87 : pick(value, [0x83, 0x87, 0x8f, 0x90, 0x95, 0x97, 0x99, 0x9f])
}

export function connackReason(code: ErrorCode): number {
  return errorTable[code].mqtt
}

const returnCodes: Readonly<Record<number, number>> = { 0x85: 2, 0x83: 3, 0x88: 3, 0x97: 3, 0x9f: 3, 0x86: 4 }

/** MQTT 3.1.1 §3.2.2.3 knows five refusals. */
export function connackReturnCode(code: ErrorCode): number {
  return returnCodes[errorTable[code].mqtt] ?? 5
}

/** ERR-2: the named error in front, because a reason code stands for many. */
export function reasonText(code: ErrorCode, why?: string): string {
  return `${code}: ${why ?? errorTable[code].text}`
}

function pick(value: number, allowed: readonly number[]): number {
  return allowed.includes(value) ? value : 0x83
}
