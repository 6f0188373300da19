# One build for both services, so that what they share is restored and compiled once. Targets: api, worker.
# The images come from .env by way of docker-compose.yml; these defaults are for `docker build --target api .`.
ARG DOTNET_SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0.401-noble
ARG DOTNET_ASPNET_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0.12-noble

FROM ${DOTNET_SDK_IMAGE} AS build
WORKDIR /src
# Project files first: a change of code does not restore again.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY Batch.Client/*.csproj Batch.Client/
COPY Batch.Primitives/*.csproj Batch.Primitives/
COPY Batch.Csv/*.csproj Batch.Csv/
COPY Batch.Core/*.csproj Batch.Core/
COPY Batch.ServiceDefaults/*.csproj Batch.ServiceDefaults/
COPY Batch.Api/*.csproj Batch.Api/
COPY Batch.Worker/*.csproj Batch.Worker/
COPY Batch.Cli/*.csproj Batch.Cli/
RUN dotnet restore Batch.Api && dotnet restore Batch.Worker && dotnet restore Batch.Cli
COPY .editorconfig BannedSymbols.txt ./
COPY Batch.Client/ Batch.Client/
COPY Batch.Primitives/ Batch.Primitives/
COPY Batch.Csv/ Batch.Csv/
COPY Batch.Core/ Batch.Core/
COPY Batch.ServiceDefaults/ Batch.ServiceDefaults/
COPY Batch.Api/ Batch.Api/
COPY Batch.Worker/ Batch.Worker/
COPY Batch.Cli/ Batch.Cli/
RUN dotnet publish Batch.Api -c Release --no-restore -o /out/api \
 && dotnet publish Batch.Worker -c Release --no-restore -o /out/worker \
 && dotnet publish Batch.Cli -c Release --no-restore -o /out/cli

FROM ${DOTNET_ASPNET_IMAGE} AS runtime
WORKDIR /app
COPY --chmod=755 deploy/probe /app/probe
ENV DOTNET_EnableDiagnostics=0
# Not root; the user is part of the base image.
USER $APP_UID

FROM runtime AS worker
COPY --from=build /out/worker ./
ENV ASPNETCORE_HTTP_PORTS=9090
EXPOSE 9090
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=6 CMD ["/app/probe", "9090"]
ENTRYPOINT ["dotnet", "Batch.Worker.dll"]

FROM runtime AS api
COPY --from=build /out/api ./
# The command line beside it: docker compose exec api batch job list
COPY --from=build /out/cli /opt/batch
ENV PATH="$PATH:/opt/batch" BATCH_API_URL=http://localhost:8000
ENV ASPNETCORE_HTTP_PORTS=8000
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=6 CMD ["/app/probe", "8000"]
ENTRYPOINT ["dotnet", "Batch.Api.dll"]
