function main({ name, place, children, tone }) {
  return { greeting: `Hello, ${name} from ${place}`, details: `${children} children`, tone }
}
