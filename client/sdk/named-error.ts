import { errorTable, HearthError, type ErrorCode } from '../../spec/errors.ts'

/** The parts of a refusing packet (CONNACK, SUBACK, PUBACK, DISCONNECT) that name the error. */
export interface Refusal {
  readonly reasonCode?: number | undefined
  /** `CODE: text` (spec/errors.md). */
  readonly reasonString?: string | undefined
}

/** The node's named error; without a reason string the nearest name for the MQTT 5 reason code. */
export const namedError = ({ reasonCode = 0x80, reasonString = '' }: Refusal): HearthError => {
  const [, code = '', text = ''] = /^([A-Z][A-Z0-9_]*)(?:: *(.*))?$/s.exec(reasonString) ?? []
  if (isErrorCode(code)) return new HearthError(code, text === '' ? undefined : text)
  return new HearthError(codeByReason[reasonCode] ?? 'INTERNAL', reasonString === '' ? undefined : reasonString)
}

/** `{code, message}`, as in the `error` of a reply and on `u/{me}/errors`; undefined when it is not one. */
export const namedErrorOf = (fault: unknown): HearthError | undefined => {
  const code = fieldOf(fault, 'code')
  const message = fieldOf(fault, 'message')
  if (typeof code !== 'string') return undefined
  return new HearthError(isErrorCode(code) ? code : 'INTERNAL', typeof message === 'string' ? message : undefined)
}

/** The error of a reply `{error: {code, message}}`; undefined when it is a result. */
export const errorOfReply = (reply: unknown): HearthError | undefined => namedErrorOf(fieldOf(reply, 'error'))

/** Errors that another attempt with the same login would only repeat. */
export const isFinal = ({ code }: HearthError): boolean => finalCodes.has(code)

const finalCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'LOGIN_FAILED',
  'ACCOUNT_DISABLED',
  'INVITE_INVALID',
  'DEVICE_LIMIT',
  'DEVICE_REVOKED',
  'CLIENT_ID_INVALID',
  'SESSION_TAKEN',
  'NOT_ALLOWED',
  'EXISTS',
  'BAD_REQUEST',
])

const codeByReason: Readonly<Record<number, ErrorCode>> = {
  0x82: 'BAD_REQUEST',
  0x85: 'CLIENT_ID_INVALID',
  0x86: 'LOGIN_FAILED',
  0x87: 'NOT_ALLOWED',
  0x88: 'CONNECTION_LOST',
  0x89: 'CONNECTION_LOST',
  0x8a: 'ACCOUNT_DISABLED',
  0x8b: 'CONNECTION_LOST',
  0x8d: 'CONNECTION_LOST',
  0x8e: 'SESSION_TAKEN',
  0x8f: 'TOPIC_INVALID',
  0x90: 'TOPIC_INVALID',
  0x95: 'PACKET_TOO_LARGE',
  0x96: 'RATE_LIMITED',
  0x97: 'QUOTA',
  0x98: 'NOT_ALLOWED',
  0x99: 'BAD_REQUEST',
  0x9a: 'RETAIN_REFUSED',
  0x9f: 'LOGIN_TOO_OFTEN',
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code)

/** Of a value that came from outside; undefined when it has no such field of its own. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
