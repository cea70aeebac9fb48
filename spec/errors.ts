/**
 * Named errors (ERR-1, ERR-2). The code is the contract; the message is for people and says
 * what to do next. `mqtt` is the MQTT 5 reason code, `http` the status, `exit` the CLI's exit code.
 */
export const errorTable = {
  BAD_REQUEST: { mqtt: 0x99, http: 400, exit: 2, text: 'the request is malformed' },
  UNKNOWN_FIELD: { mqtt: 0x99, http: 400, exit: 2, text: 'a field is not known here' },
  NOT_UTF8: { mqtt: 0x99, http: 400, exit: 2, text: 'the text is not valid UTF-8' },
  JSON_INVALID: { mqtt: 0x99, http: 400, exit: 2, text: 'the payload is not valid JSON' },
  JSON_TOO_DEEP: { mqtt: 0x99, http: 400, exit: 2, text: 'the JSON is nested too deeply' },
  TEXT_EMPTY: { mqtt: 0x99, http: 400, exit: 2, text: 'the text is empty' },
  TEXT_TOO_LONG: { mqtt: 0x99, http: 400, exit: 2, text: 'the text is longer than allowed' },
  PACKET_TOO_LARGE: { mqtt: 0x95, http: 413, exit: 2, text: 'the packet is larger than allowed' },
  TOPIC_INVALID: { mqtt: 0x90, http: 400, exit: 2, text: 'no such topic' },
  FILTER_REFUSED: { mqtt: 0x87, http: 403, exit: 4, text: 'the topic filter is not allowed' },
  RETAIN_REFUSED: { mqtt: 0x87, http: 403, exit: 4, text: 'retained messages are not taken here' },
  WILL_REFUSED: { mqtt: 0x87, http: 403, exit: 4, text: 'a will is taken for your own presence only' },
  CLIENT_ID_INVALID: { mqtt: 0x85, http: 400, exit: 2, text: 'the client id is not allowed' },
  LOGIN_FAILED: { mqtt: 0x86, http: 401, exit: 4, text: 'the user name or the password is wrong' },
  LOGIN_TOO_OFTEN: { mqtt: 0x9f, http: 429, exit: 4, text: 'too many attempts, wait a minute' },
  ACCOUNT_DISABLED: { mqtt: 0x87, http: 403, exit: 4, text: 'this account is disabled' },
  INVITE_INVALID: { mqtt: 0x86, http: 403, exit: 4, text: 'the invite is not valid' },
  DEVICE_LIMIT: { mqtt: 0x97, http: 409, exit: 4, text: 'too many devices, revoke one first' },
  DEVICE_REVOKED: { mqtt: 0x87, http: 403, exit: 4, text: 'this device was revoked' },
  NOT_ALLOWED: { mqtt: 0x87, http: 403, exit: 4, text: 'you do not have the permission' },
  NOT_FOUND: { mqtt: 0x90, http: 404, exit: 3, text: 'there is no such thing' },
  EXISTS: { mqtt: 0x97, http: 409, exit: 4, text: 'that name is taken' },
  NOT_FRIEND: { mqtt: 0x87, http: 403, exit: 4, text: 'you are not friends; send a friend request first' },
  TIMED_OUT_MEMBER: { mqtt: 0x87, http: 403, exit: 4, text: 'you are timed out in this server' },
  ARCHIVED: { mqtt: 0x87, http: 403, exit: 4, text: 'the channel is archived' },
  RATE_LIMITED: { mqtt: 0x97, http: 429, exit: 4, text: 'too fast, slow down' },
  QUOTA: { mqtt: 0x97, http: 409, exit: 4, text: 'a limit was reached' },
  SLOW_CONSUMER: { mqtt: 0x97, http: 503, exit: 5, text: 'the client reads too slowly; reconnect and catch up' },
  DISK_FULL: { mqtt: 0x83, http: 507, exit: 5, text: 'the disk of the node is full' },
  STORE_FAILED: { mqtt: 0x83, http: 500, exit: 5, text: 'the store could not write' },
  CORRUPT: { mqtt: 0x83, http: 500, exit: 6, text: 'stored data does not verify' },
  SCHEMA_NEWER: { mqtt: 0x88, http: 500, exit: 6, text: 'the data was written by a newer Hearth' },
  EVENT_INVALID: { mqtt: 0x99, http: 400, exit: 6, text: 'the event does not decode' },
  SIGNATURE_INVALID: { mqtt: 0x99, http: 400, exit: 6, text: 'the signature of the author does not hold' },
  SEAL_INVALID: { mqtt: 0x99, http: 400, exit: 6, text: 'the seal does not verify' },
  CHAIN_BROKEN: { mqtt: 0x99, http: 409, exit: 6, text: 'the event does not continue its feed' },
  CLOCK_AHEAD: { mqtt: 0x83, http: 409, exit: 6, text: 'the event is too far in the future' },
  CONFIG_INVALID: { mqtt: 0x83, http: 500, exit: 2, text: 'the configuration is not valid' },
  NODE_RUNNING: { mqtt: 0x83, http: 409, exit: 5, text: 'a node already runs on this data' },
  NODE_DOWN: { mqtt: 0x88, http: 503, exit: 5, text: 'no node runs on this data' },
  PEER_REFUSED: { mqtt: 0x87, http: 403, exit: 4, text: 'the other node is not let in' },
  FRAME_INVALID: { mqtt: 0x99, http: 400, exit: 6, text: 'the frame does not decode' },
  SESSION_TAKEN: { mqtt: 0x8e, http: 409, exit: 5, text: 'this device connected a second time elsewhere' },
  CONNECTION_LOST: { mqtt: 0x88, http: 503, exit: 5, text: 'the connection to the node was lost' },
  NO_ANSWER: { mqtt: 0x83, http: 504, exit: 5, text: 'the node did not answer in time' },
  INTERNAL: { mqtt: 0x83, http: 500, exit: 1, text: 'the node made an error' },
} as const satisfies Record<string, { mqtt: number; http: number; exit: number; text: string }>

export type ErrorCode = keyof typeof errorTable

/** An expected fault with a name. `detail` says which thing and what to do; it never holds a secret. */
export class HearthError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail ?? errorTable[code].text, options)
    this.name = 'HearthError'
    this.code = code
  }
}
