import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import type { HttpComponents } from './components.ts'
import { isLoopback } from './door.ts'
import type { Pages } from './pages.ts'
import { errorAnswer, jsonAnswer, readBody, send } from './respond.ts'
import type { Answer } from './respond.ts'

export interface RoutesInit {
  readonly pages: Pages
  readonly metricsFrom: 'anyone' | 'loopback'
}

type Route = (request: IncomingMessage) => Answer | Promise<Answer>

/** Answers one request. What is expected to go wrong becomes a JSON error with its code. */
export const createRoutes = (
  components: HttpComponents,
  init: RoutesInit,
): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  const table = routeTable(components, init)
  return async (request, response) => {
    const path = request.url?.split('?')[0] ?? '/'
    const methods = table.get(path)
    const route = methods?.get(request.method === 'HEAD' ? 'GET' : (request.method ?? ''))
    try {
      if (methods === undefined)
        send(request, response, errorAnswer('NOT_FOUND', `nothing is at ${path.slice(0, 200)}`))
      else if (route === undefined) send(request, response, wrongMethod([...methods.keys()]))
      else send(request, response, await route(request))
    } catch (error) {
      if (!(error instanceof HearthError)) throw error
      const closing = error.code === 'PACKET_TOO_LARGE' ? { connection: 'close' } : undefined
      send(request, response, errorAnswer(error.code, error.message, closing))
    }
  }
}

const routeTable = (components: HttpComponents, init: RoutesInit): ReadonlyMap<string, ReadonlyMap<string, Route>> => {
  const get = (route: Route): ReadonlyMap<string, Route> => new Map([['GET', route]])
  return new Map([
    ['/healthz', get(() => health(components))],
    ['/metrics', get((request) => metrics(request, components, init))],
    [
      '/.well-known/hearth.json',
      get(() => jsonAnswer(200, components.wellKnown(), { 'access-control-allow-origin': '*' })),
    ],
    ['/api/register', new Map([['POST', (request: IncomingMessage) => register(request, components)]])],
    ['/mqtt', get(() => errorAnswer('BAD_REQUEST', 'this is MQTT over WebSocket; connect with an MQTT client'))],
    ['/', get(() => init.pages.landing(components.wellKnown()))],
    ['/join', get(() => init.pages.join)],
    ['/join.js', get(() => init.pages.joinScript)],
    ['/style.css', get(() => init.pages.style)],
  ])
}

const health = async (components: HttpComponents): Promise<Answer> => {
  const state = await components.health()
  return jsonAnswer(state.ok ? 200 : 503, state)
}

const metrics = async (request: IncomingMessage, components: HttpComponents, init: RoutesInit): Promise<Answer> => {
  if (init.metricsFrom === 'loopback' && !isLoopback(request.socket.remoteAddress)) {
    return errorAnswer('NOT_ALLOWED', 'metrics are given to this machine only')
  }
  return { status: 200, type: components.metrics.contentType, body: await components.metrics.text() }
}

const registration = z.strictObject({
  invite: z.string().min(1).max(256),
  user: z.string().min(1).max(64),
  password: z.string().min(1).max(1_024),
})

const register = async (request: IncomingMessage, components: HttpComponents): Promise<Answer> => {
  // A page of another origin cannot send this type without asking first, and we never say yes.
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    return errorAnswer('BAD_REQUEST', 'the body must be application/json')
  }
  const text = await readBody(request)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new HearthError('JSON_INVALID', undefined, { cause: error })
  }
  const parsed = registration.safeParse(value)
  if (!parsed.success) {
    const unknown = parsed.error.issues.find((issue) => issue.code === 'unrecognized_keys')
    if (unknown !== undefined) return errorAnswer('UNKNOWN_FIELD', `unknown: ${unknown.keys.join(', ').slice(0, 200)}`)
    return errorAnswer('BAD_REQUEST', 'give "invite", "user" and "password" as text')
  }
  const { user } = await components.register({ ...parsed.data, address: request.socket.remoteAddress ?? '' })
  return jsonAnswer(201, { user })
}

const wrongMethod = (allowed: readonly string[]): Answer => ({
  ...jsonAnswer(405, { error: { code: 'BAD_REQUEST', message: `the method must be ${allowed.join(' or ')}` } }),
  headers: { allow: allowed.join(', ') },
})
