import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/problem";
import { Toasts } from "./layout/Toasts";
import { makeRouter } from "./router";
import "./styles.css";

function toLogin(error: unknown): void {
  if (error instanceof ApiError && error.problem.status === 401 && location.pathname !== "/login" && location.pathname !== "/sign-up") void router.navigate({ to: "/login" });
}

const client = new QueryClient({
  queryCache: new QueryCache({ onError: toLogin }),
  mutationCache: new MutationCache({ onError: toLogin }),
  defaultOptions: {
    queries: {
      // The event stream keeps what is shown up to date; reading again on every visit would be noise.
      staleTime: 30_000,
      retry: (count, error) => count < 2 && !(error instanceof ApiError && error.problem.status < 500),
    },
  },
});

const router = makeRouter(client);

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </StrictMode>,
  );
