import type { ContractRow } from '../contract-row.ts'
import { ACTION, ACTIVATIONS, echoAction, GET, NS, POST, PUT } from '../paths.ts'

const TRIGGER = `${NS}/triggers/{u}t`
const EXEC = '"exec":{"kind":"nodejs:20","code":"function main(args) { return args }"}'
const python = { kinds: ['python:3'] }
const SEEN = 'def main(args):\\n    return {\\"seen\\": repr([args[\\"x\\"], args[\\"y\\"]])}'
const RESULT = `${ACTION}?blocking=true&result=true`

/** Bodies are texts, since JavaScript would change these numbers. */
function parameter(number: string): string {
  return `[{"key":"p","value":${number}}]`
}

/** Zeros and exponents are shown as a server likes to write them, as long as it is the same number. */
export const numberRows: readonly ContractRow[] = [
  {
    name: 'a long integer in a parameter is answered as it was written',
    when: PUT(ACTION, `{${EXEC},"parameters":${parameter('9007199254740993')}}`),
    answer: { status: 200, text: /"value":\s*9007199254740993\s*\}/ },
  },
  {
    name: 'a long integer in a parameter is read as it was written',
    given: [PUT(ACTION, `{${EXEC},"parameters":${parameter('-12345678901234567890')}}`)],
    when: GET(ACTION),
    answer: { status: 200, text: /"value":\s*-12345678901234567890\s*\}/ },
  },
  {
    name: 'a real number of integer value stays one in an annotation',
    when: PUT(TRIGGER, `{"annotations":${parameter('2.0')}}`),
    answer: { status: 200, text: /"value":\s*2\.0\s*\}/ },
  },
  {
    name: 'a number with more digits than a double has keeps them',
    when: PUT(`${NS}/packages/{u}p`, `{"parameters":${parameter('0.12345678901234567890123')}}`),
    answer: { status: 200, text: /"value":\s*0\.12345678901234567890123\s*\}/ },
  },
  {
    name: 'a number beyond the largest double is a number still',
    when: PUT(TRIGGER, `{"parameters":${parameter('1E400')}}`),
    answer: { status: 200, text: /"value":\s*1[eE]\+?400\s*\}/ },
  },
  {
    name: 'a long integer that fires a trigger is in its record as it was written',
    given: [
      echoAction,
      PUT(TRIGGER, {}),
      PUT(`${NS}/rules/{u}r`, { trigger: '/_/{u}t', action: '/_/{u}' }),
      POST(TRIGGER, '{"n":9007199254740993}'),
    ],
    when: GET(`${ACTIVATIONS}/{id}`, { until: 200 }),
    answer: { status: 200, text: /"result":\s*\{\s*"n":\s*9007199254740993\s*\}/ },
  },
  {
    name: 'a limit may be written as a real number of integer value',
    when: PUT(ACTION, `{${EXEC},"limits":{"timeout":60000.0,"memory":2.56e2}}`),
    answer: { status: 200, body: { limits: { timeout: 60_000, memory: 256 } } },
  },
  {
    name: 'a Python action sees numbers of a request as they were written',
    needs: python,
    given: [PUT(ACTION, `{"exec":{"kind":"python:3","code":"${SEEN}"}}`)],
    when: POST(RESULT, '{"x":9007199254740993,"y":2.0}'),
    answer: { status: 200, args: { seen: '[9007199254740993, 2.0]' } },
  },
  {
    name: 'a Python action sees numbers of its parameters as they were written',
    needs: python,
    given: [
      PUT(
        ACTION,
        `{"exec":{"kind":"python:3","code":"${SEEN}"},"parameters":[{"key":"x","value":9007199254740993},{"key":"y","value":2.0}]}`,
      ),
    ],
    when: POST(RESULT, '{"z":1}'),
    answer: { status: 200, args: { seen: '[9007199254740993, 2.0]' } },
  },
  {
    name: 'numbers that a Python action returns are in the answer as it wrote them',
    needs: python,
    given: [PUT(ACTION, `{"exec":{"kind":"python:3","code":"def main(args):\\n    return {\\"x\\": 2 ** 60 + 1}"}}`)],
    when: POST(RESULT, '{}'),
    answer: { status: 200, text: /"x":\s*1152921504606846977\s*\}/ },
  },
  {
    name: 'numbers that a Python action returns are in the record as it wrote them',
    needs: python,
    given: [
      PUT(ACTION, `{"exec":{"kind":"python:3","code":"def main(args):\\n    return {\\"x\\": 2 ** 60 + 1}"}}`),
      POST(`${ACTION}?blocking=true`, '{}'),
    ],
    when: GET(`${ACTIVATIONS}/{id}/result`, { until: 200 }),
    answer: { status: 200, text: /"x":\s*1152921504606846977\s*\}/ },
  },
]
