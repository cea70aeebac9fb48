import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { HearthError, errorTable } from '../../spec/errors.ts'
import type { ErrorCode } from '../../spec/errors.ts'
import { limits } from '../../spec/limits.ts'

/** On every answer: nothing loads but our own files, nothing is sniffed, framed or referred. */
export const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export const jsonAnswer = (status: number, value: object, headers?: Readonly<Record<string, string>>): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
  ...(headers === undefined ? {} : { headers }),
})

/** `{"error": {"code", "message"}}` with the status of the code. */
export const errorAnswer = (code: ErrorCode, message: string, headers?: Readonly<Record<string, string>>): Answer =>
  jsonAnswer(errorTable[code].http, { error: { code, message } }, headers)

export const send = (request: IncomingMessage, response: ServerResponse, answer: Answer): void => {
  const body = Buffer.from(answer.body)
  response.writeHead(answer.status, {
    ...securityHeaders,
    'content-type': answer.type,
    'content-length': body.length,
    'cache-control': 'no-store',
    ...answer.headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** A whole answer as text, for a socket that never became a request. */
export const refusalText = (status: number): string =>
  `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`

/** The body of a request as text. Throws PACKET_TOO_LARGE, NOT_UTF8, or BAD_REQUEST when the client went away. */
export const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > limits.packetBytesMax) {
        throw new HearthError('PACKET_TOO_LARGE', `a request body holds at most ${limits.packetBytesMax} bytes`)
      }
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof HearthError) throw error
    throw new HearthError('BAD_REQUEST', 'the request ended early', { cause: error })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (error) {
    throw new HearthError('NOT_UTF8', undefined, { cause: error })
  }
}
