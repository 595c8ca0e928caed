import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartOptions,
  Legend,
  LinearScale,
  Tooltip,
} from "chart.js";
import type { Decimal } from "metered-costs";
import { wholeAmount } from "./amounts.ts";
import type { MonthCosts } from "./month.ts";

Chart.register(BarController, BarElement, CategoryScale, Legend, LinearScale, Tooltip);

/** Models and costs are different things: no colour stands for both. */
const MODEL_COLOURS = ["#2f5bea", "#12a594", "#f2a33a", "#8e5bd6", "#e5484d", "#6b7a90"];
const COST_COLOURS = ["#1f2b4d", "#7c8db5", "#c9d2e6", "#4a5f94", "#a3b1d1", "#e3e8f3"];
const INK = "#5a6478";
const LINE = "#e8ebf1";

/** A stack of one colour: how high it is drawn, and what it is to the last digit. */
interface Stack {
  readonly label: string;
  readonly amounts: readonly (Decimal | undefined)[];
}

Chart.defaults.font.family = "Inter Variable, system-ui, sans-serif";
Chart.defaults.font.size = 12;
Chart.defaults.color = INK;

function optionsOf(
  axis: "x" | "y",
  currency: string,
  amounts: readonly Stack[],
): ChartOptions<"bar"> {
  const money = {
    stacked: true,
    border: { display: false },
    grid: { color: LINE },
    ticks: {
      maxTicksLimit: 6,
      callback: (value: string | number) =>
        new Intl.NumberFormat("en", {
          style: "currency",
          currency,
          notation: "compact",
          maximumFractionDigits: 1,
        }).format(Number(value)),
    },
  };
  const names = {
    stacked: true,
    border: { color: LINE },
    grid: { display: false },
    ticks: { maxRotation: 0, autoSkipPadding: 18 },
  };
  return {
    indexAxis: axis,
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "index", axis, intersect: false },
    scales: axis === "x" ? { x: names, y: money } : { x: money, y: names },
    plugins: {
      legend: {
        position: "top",
        align: "start",
        labels: {
          boxWidth: 10,
          boxHeight: 10,
          useBorderRadius: true,
          borderRadius: 2,
          padding: 16,
        },
      },
      tooltip: {
        backgroundColor: "#141a28",
        padding: 12,
        boxPadding: 5,
        // What is drawn is a picture; what is said is exact.
        callbacks: {
          label: ({ datasetIndex, dataIndex, dataset }) => {
            const amount = amounts[datasetIndex]?.amounts[dataIndex];
            return amount && ` ${dataset.label}: ${wholeAmount(amount, currency)}`;
          },
        },
      },
    },
  };
}

function draw(
  canvas: HTMLCanvasElement,
  axis: "x" | "y",
  labels: readonly string[],
  stacks: readonly Stack[],
  currency: string,
  colours: readonly string[],
): void {
  Chart.getChart(canvas)?.destroy();
  new Chart(canvas, {
    type: "bar",
    data: {
      labels: [...labels],
      datasets: stacks.map(({ label, amounts }, index) => ({
        label,
        data: amounts.map((amount) => amount?.toNumber() ?? null),
        backgroundColor: colours[index % colours.length] ?? INK,
        borderRadius: 2,
        categoryPercentage: axis === "x" ? 0.82 : 0.62,
        barPercentage: 1,
      })),
    },
    options: optionsOf(axis, currency, stacks),
  });
}

const dayText = (day: number): string =>
  new Date(day).toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" });

/** A bar for each day, a colour for each model. */
export function drawDays(canvas: HTMLCanvasElement, { currency, days, models }: MonthCosts): void {
  const stacks = models.map(({ model, days: costs }) => ({
    label: model,
    amounts: days.map((day) => costs.get(day)),
  }));
  draw(canvas, "x", days.map(dayText), stacks, currency, MODEL_COLOURS);
  canvas.ariaLabel = `Cost of ${days.length} days, by model: ${models.map(({ model }) => model).join(", ")}`;
}

/** A bar for each model, a colour for each cost. */
export function drawModels(
  canvas: HTMLCanvasElement,
  { currency, costs, models }: MonthCosts,
): void {
  const stacks = costs.map(({ id, name }) => ({
    label: name,
    amounts: models.map((model) => model.costs.get(id)),
  }));
  draw(
    canvas,
    "y",
    models.map(({ model }) => model),
    stacks,
    currency,
    COST_COLOURS,
  );
  canvas.ariaLabel = `Cost of ${models.length} models, by what was metered`;
}
