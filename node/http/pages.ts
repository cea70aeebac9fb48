import { readFile } from 'node:fs/promises'
import type { WellKnown } from './components.ts'
import type { Answer } from './respond.ts'

export interface Pages {
  /** How to connect; the web client takes this place later. */
  landing(node: WellKnown): Answer
  /** Signs up with the invite behind the `#`. */
  readonly join: Answer
  readonly joinScript: Answer
  readonly style: Answer
}

export const readPages = async (): Promise<Pages> => {
  const read = (name: string): Promise<string> => readFile(new URL(`pages/${name}`, import.meta.url), 'utf8')
  const landing = await read('landing.html')
  return {
    landing: (node) => html(landing.replaceAll(/\{(\w+)\}/g, (_, name: string) => escape(valueOf(node, name)))),
    join: html(await read('join.html')),
    joinScript: { status: 200, type: 'text/javascript; charset=utf-8', body: await read('join.js') },
    style: { status: 200, type: 'text/css; charset=utf-8', body: await read('style.css') },
  }
}

const html = (body: string): Answer => ({ status: 200, type: 'text/html; charset=utf-8', body })

const valueOf = (node: WellKnown, name: string): string => {
  switch (name) {
    case 'name':
      return node.name
    case 'version':
      return node.version
    default:
      return node.addresses[name] ?? ''
  }
}

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
